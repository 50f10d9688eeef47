use audit_runtime::Sensitive;

struct Card {
    number: String,
}

struct Payment {
    card: Sensitive<Card>,
}

fn main() {
    let card = Card { number: "4111".to_owned() };
    let _ = Payment { card: Sensitive::from(card) };
}
