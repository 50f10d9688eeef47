use audit_runtime::audited;

#[derive(Debug)]
struct Card {
    number: String,
}

// row: text-to-the-sink
#[audited(action = "AddComment", fields(comment))]
fn add(comment: String) -> Result<(), String> {
    drop(comment);
    Ok(())
}

// row: type-to-the-sink
#[audited(action = "AddCard", fields(card))]
fn pay(card: Card) -> Result<(), String> {
    drop(card.number);
    Ok(())
}

fn main() {
    let _ = (add, pay);
}
