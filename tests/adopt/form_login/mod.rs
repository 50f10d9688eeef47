//! A newsletter with a form to log in, redirects and flash messages, on actix-web.

mod after;
mod before;

use super::browser::Browser;
use super::run::Adopted;
use super::trail::step_of;

const SERVICE: Adopted = Adopted {
    test: "form_login::a_newsletter_is_audited_and_answers_as_before",
    before: before::main,
    after: after::main,
    settings: &[
        ("SESSION_SECRET", "7d1f0a52c9b84e63a0d5f2b16c3e978847aa09c1de5b3f60821c94e7d2b85f3a"),
        ("EDITOR_NAME", "ada"),
        ("EDITOR_PASSWORD", "analytical-Engine-1843"),
    ],
    script,
};

fn script(browser: &mut Browser) {
    assert_eq!(browser.get("health", "/health_check"), 200);
    assert_eq!(browser.get("form", "/login"), 200);
    // Guesses.
    assert_eq!(
        browser.form("wrong-password", "/login", "username=ada&password=guessed-Engine"),
        303
    );
    assert_eq!(browser.get("wrong-password-flash", "/login"), 200);
    assert_eq!(browser.form("unknown-name", "/login", "username=typed-Secret&password=x"), 303);
    assert_eq!(browser.form("no-password", "/login", "username=ada"), 400);
    // Nobody is logged in.
    assert_eq!(browser.get("gate", "/admin/dashboard"), 303);
    assert_eq!(browser.form("gate-issue", "/admin/issues", "title=Spam&content=spam"), 303);
    // Readers subscribe.
    assert_eq!(
        browser.form("subscribe", "/subscriptions", "name=Bob&email=bob%40example.com"),
        200
    );
    assert_eq!(
        browser.form("subscribe-wrong", "/subscriptions", "name=Bob&email=example.com"),
        400
    );
    // An editor works.
    let login = "username=ada&password=analytical-Engine-1843";
    assert_eq!(browser.form("login", "/login", login), 303);
    assert_eq!(browser.get("dashboard", "/admin/dashboard"), 200);
    assert_eq!(browser.form("issue", "/admin/issues", "title=May&content=News"), 303);
    assert_eq!(browser.form("issue-untitled", "/admin/issues", "title=&content=News"), 303);
    assert_eq!(browser.get("readers", "/admin/readers"), 200);
    assert_eq!(browser.form("remove", "/admin/readers/1/remove", ""), 303);
    assert_eq!(browser.form("remove-nobody", "/admin/readers/9/remove", ""), 404);
    let new = "new_password=difference-Engine-1822&new_password_again=difference-Engine-1822";
    let passwords = |current: &str, new: &str| format!("current_password={current}&{new}");
    let differing = "new_password=one-Engine&new_password_again=other-Engine";
    let [current, change] = ["analytical-Engine-1843", "/admin/password"];
    assert_eq!(browser.form("passwords-differ", change, &passwords(current, differing)), 303);
    assert_eq!(browser.form("password-wrong", change, &passwords("guessed-Engine", new)), 303);
    assert_eq!(browser.get("password-flash", "/admin/password"), 200);
    assert_eq!(browser.form("password", change, &passwords(current, new)), 303);
    assert_eq!(browser.form("logout", "/admin/logout", ""), 303);
    assert_eq!(browser.get("gate-again", "/admin/dashboard"), 303);
}

#[test]
fn a_newsletter_is_audited_and_answers_as_before() {
    let trail = SERVICE.run();
    let expected = [
        "wrong-password: LogIn failure user:(unknown)",
        "unknown-name: LogIn failure user:(unknown)",
        "subscribe: Subscribe success anonymous",
        "subscribe-wrong: Subscribe failure anonymous",
        "login: LogIn success user:1",
        r#"issue: PublishIssue success user:1 {"title":"May"}"#,
        r#"issue-untitled: PublishIssue failure user:1 {"title":""} because sent_back"#,
        "readers: ListReaders success user:1",
        "remove: RemoveReader success user:1 Reader:1",
        "remove-nobody: RemoveReader failure user:1 Reader:9",
        "passwords-differ: ChangePassword failure user:1 because sent_back",
        "password-wrong: ChangePassword failure user:1 because sent_back",
        "password: ChangePassword success user:1",
        "logout: LogOut success user:1",
    ];
    assert_eq!(trail.actions(), expected);
    // Requests, most of which never came to a handler.
    let expected = [
        "no-password: HttpRequest failure anonymous 400",
        "gate: HttpRequest denied anonymous 303 because not_logged_in",
        "gate-issue: HttpRequest denied anonymous 303 because not_logged_in",
        "dashboard: HttpRequest success user:1 200",
        "gate-again: HttpRequest denied anonymous 303 because not_logged_in",
    ];
    expected.iter().for_each(|request| assert_eq!(trail.request(step_of(request)), *request));
}
