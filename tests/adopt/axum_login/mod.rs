//! The stock of a warehouse with a login backend, a form, roles and a JSON API, on axum.

mod after;
mod before;

use super::browser::Browser;
use super::run::Adopted;
use super::trail::step_of;

const SERVICE: Adopted = Adopted {
    test: "axum_login::a_stock_list_is_audited_and_answers_as_before",
    before: before::main,
    after: after::main,
    settings: &[("ROOT_PASSWORD", "analytical-Engine-1843")],
    script,
};

fn script(browser: &mut Browser) {
    let root = "name=root&password=analytical-Engine-1843";
    // Nobody is logged in.
    assert_eq!(browser.get("form", "/login"), 200);
    assert_eq!(browser.get("gate", "/"), 307);
    assert_eq!(browser.json("gate-stock", "POST /api/items/1/stock", r#"{"by":5}"#), 307);
    assert_eq!(browser.form("wrong-password", "/login", "name=root&password=guessed-Engine"), 303);
    assert_eq!(browser.form("unknown-name", "/login", "name=typed-Secret&password=x"), 303);
    assert_eq!(browser.form("no-password", "/login", "name=root"), 422);
    // The admin lets people in.
    assert_eq!(browser.form("login", "/login", root), 303);
    assert_eq!(browser.get("overview", "/"), 200);
    let bob = r#"{"name":"bob","password":"difference-Engine-1822","role":"clerk"}"#;
    assert_eq!(browser.json("create-user", "POST /api/users", bob), 201);
    assert_eq!(
        browser.json("create-user-bad", "POST /api/users", r#"{"name":"x","role":"king"}"#),
        422
    );
    assert_eq!(
        browser.json("create-item", "POST /api/items", r#"{"name":"bolt","stock":10}"#),
        201
    );
    assert_eq!(
        browser.json("create-item-again", "POST /api/items", r#"{"name":"bolt","stock":1}"#),
        409
    );
    assert_eq!(browser.form("logout", "/logout", ""), 303);
    // A clerk may change the stock, and no more.
    assert_eq!(
        browser.form("login-bob", "/login", "name=bob&password=difference-Engine-1822"),
        303
    );
    assert_eq!(browser.json("stock", "POST /api/items/1/stock", r#"{"by":-3}"#), 200);
    assert_eq!(browser.json("stock-too-few", "POST /api/items/1/stock", r#"{"by":-30}"#), 409);
    assert_eq!(browser.get("list", "/api/items"), 200);
    assert_eq!(browser.json("remove-denied", "DELETE /api/items/1", ""), 403);
    assert_eq!(browser.json("promote-denied", "PUT /api/users/2/role", r#"{"role":"admin"}"#), 403);
    browser.forget();
    // The admin again.
    assert_eq!(browser.form("login-again", "/login", root), 303);
    assert_eq!(browser.json("promote", "PUT /api/users/2/role", r#"{"role":"manager"}"#), 204);
    assert_eq!(
        browser.json("promote-nobody", "PUT /api/users/9/role", r#"{"role":"manager"}"#),
        404
    );
    assert_eq!(browser.json("remove", "DELETE /api/items/1", ""), 204);
    assert_eq!(browser.json("remove-again", "DELETE /api/items/1", ""), 404);
}

#[test]
fn a_stock_list_is_audited_and_answers_as_before() {
    let trail = SERVICE.run();
    let expected = [
        "wrong-password: LogIn failure user:(unknown) because wrong_credentials",
        "unknown-name: LogIn failure user:(unknown) because wrong_credentials",
        "login: LogIn success user:1",
        r#"create-user: CreateUser success user:1 {"role":"Clerk"}"#,
        r#"create-item: CreateItem success user:1 Item:1 {"stock":10}"#,
        r#"create-item-again: CreateItem failure user:1 {"stock":1}"#,
        "logout: LogOut success user:1",
        "login-bob: LogIn success user:2",
        r#"stock: ChangeStock success user:2 Item:1 {"by":-3}"#,
        r#"stock-too-few: ChangeStock failure user:2 Item:1 {"by":-30}"#,
        "list: ListItems success user:2",
        "login-again: LogIn success user:1",
        r#"promote: ChangeRole success user:1 User:2 {"role":"Manager"}"#,
        r#"promote-nobody: ChangeRole failure user:1 User:9 {"role":"Manager"}"#,
        "remove: RemoveItem success user:1 Item:1",
        "remove-again: RemoveItem failure user:1 Item:1",
    ];
    assert_eq!(trail.actions(), expected);
    // Requests, most of which never came to a handler.
    let expected = [
        "gate: HttpRequest success anonymous 307",
        "gate-stock: HttpRequest success anonymous 307",
        "no-password: HttpRequest failure anonymous 422",
        "create-user-bad: HttpRequest failure user:1 422",
        "remove-denied: HttpRequest denied user:2 403",
        "promote-denied: HttpRequest denied user:2 403",
    ];
    expected.iter().for_each(|request| assert_eq!(trail.request(step_of(request)), *request));
}
