//! An API for notes with JSON Web Tokens on SQLite, on actix-web.

mod after;
mod before;

use super::browser::Browser;
use super::run::Adopted;
use super::trail::step_of;

const SERVICE: Adopted = Adopted {
    test: "jwt_api::an_api_is_audited_and_answers_as_before",
    before: before::main,
    after: after::main,
    settings: &[("JWT_SECRET", "b5c09e3f2a7d4186")],
    script,
};

fn script(browser: &mut Browser) {
    let ada = r#"{"name":"ada","password":"analytical-Engine-1843"}"#;
    let bob = r#"{"name":"bob","password":"difference-Engine-1822"}"#;
    // Accounts.
    assert_eq!(
        browser.json(
            "register-weak",
            "POST /api/users",
            r#"{"name":"x","password":"pw-Engine"}"#.replace("pw-Engine", "Engine").as_str()
        ),
        422
    );
    assert_eq!(browser.json("register", "POST /api/users", ada), 201);
    browser.forget();
    assert_eq!(browser.json("register-taken", "POST /api/users", ada), 409);
    assert_eq!(browser.json("register-bad", "POST /api/users", r#"{"name":7}"#), 400);
    let guess = r#"{"name":"ada","password":"guessed-Engine"}"#;
    assert_eq!(browser.json("wrong-password", "POST /api/users/login", guess), 401);
    let typed = r#"{"name":"typed-Secret","password":"guessed-Engine"}"#;
    assert_eq!(browser.json("unknown-name", "POST /api/users/login", typed), 401);
    // Nobody is logged in, or with a token of somebody else's making.
    let note = r#"{"title":"Plans","body":"the Engine","pinned":true}"#;
    assert_eq!(browser.json("no-token", "POST /api/notes", note), 401);
    browser.with_token("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOjF9.Zm9yZ2Vk");
    assert_eq!(browser.json("forged-token", "POST /api/notes", note), 401);
    browser.forget();
    // Ada writes.
    assert_eq!(browser.json("login", "POST /api/users/login", ada), 200);
    assert_eq!(browser.json("create", "POST /api/notes", note), 201);
    assert_eq!(
        browser.json("create-untitled", "POST /api/notes", r#"{"title":" ","body":""}"#),
        422
    );
    assert_eq!(browser.get("list", "/api/notes"), 200);
    assert_eq!(browser.get("show", "/api/notes/1"), 200);
    let change = r#"{"title":"Plans, later","body":"the Engine"}"#;
    assert_eq!(browser.json("update", "PUT /api/notes/1", change), 200);
    assert_eq!(browser.json("update-missing", "PUT /api/notes/9", change), 404);
    let ada_again = browser.forget().unwrap();
    // Bob is curious.
    assert_eq!(browser.json("register-bob", "POST /api/users", bob), 201);
    assert_eq!(browser.get("show-others", "/api/notes/1"), 403);
    assert_eq!(browser.json("update-others", "PUT /api/notes/1", change), 403);
    assert_eq!(browser.json("remove-others", "DELETE /api/notes/1", ""), 403);
    // Ada leaves.
    browser.with_token(&ada_again);
    assert_eq!(browser.json("remove", "DELETE /api/notes/1", ""), 204);
    assert_eq!(browser.json("leave", "DELETE /api/users/me", ""), 204);
}

#[test]
fn an_api_is_audited_and_answers_as_before() {
    let trail = SERVICE.run();
    let expected = [
        "register-weak: Register failure anonymous",
        "register: Register success user:1",
        "register-taken: Register failure anonymous",
        "wrong-password: LogIn failure user:(unknown)",
        "unknown-name: LogIn failure user:(unknown)",
        "no-token: CreateNote denied anonymous 401 because blocked_before_handler",
        "forged-token: CreateNote denied anonymous 401 because blocked_before_handler",
        "login: LogIn success user:1",
        r#"create: CreateNote success user:1 Note:1 {"pinned":true}"#,
        r#"create-untitled: CreateNote failure user:1 {"pinned":false}"#,
        "list: ListNotes success user:1",
        "show: ReadNote success user:1 Note:1",
        r#"update: UpdateNote success user:1 Note:1 {"pinned":false}"#,
        r#"update-missing: UpdateNote failure user:1 Note:9 {"pinned":false}"#,
        "register-bob: Register success user:2",
        "show-others: ReadNote denied user:2 Note:1",
        r#"update-others: UpdateNote denied user:2 Note:1 {"pinned":false}"#,
        "remove-others: DeleteNote denied user:2 Note:1",
        "remove: DeleteNote success user:1 Note:1",
        "leave: DeleteAccount success user:1 User:1",
    ];
    assert_eq!(trail.actions(), expected);
    // Requests, most of which never came to a handler.
    let expected = [
        "register-bad: HttpRequest failure anonymous 400",
        "no-token: HttpRequest failure anonymous 401",
        "forged-token: HttpRequest failure anonymous 401",
        "update-others: HttpRequest denied user:2 403",
    ];
    expected.iter().for_each(|request| assert_eq!(trail.request(step_of(request)), *request));
}
