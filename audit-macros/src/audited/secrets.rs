//! Finds what is named like a secret in a captured expression, where the capture would show it.

use audit_syntax::sensitive_part;
use syn::ext::IdentExt;
use syn::punctuated::Punctuated;
use syn::{Expr, ExprLit, ExprMethodCall, Ident, Lit, LitStr, Macro, Member, Path, Token};

/// A name, and the term for which it looks like that of a secret.
pub(super) type Secret = (Ident, &'static str);

/// The name for which the value of `expression` looks like a secret, if any does.
///
/// The name that counts is the last one: that of the variable, the field or the method. References,
/// conversions, tuples, constructors and the arguments of a macro such as `format!` are looked
/// through; what another function makes of its arguments is told by the function's own name.
pub(super) fn in_expression(expression: &Expr) -> Option<Secret> {
    match expression {
        Expr::Path(path) => in_path(&path.path),
        Expr::Field(field) => match &field.member {
            Member::Named(name) => judge(name),
            Member::Unnamed(_) => in_expression(&field.base),
        },
        Expr::MethodCall(call) => in_method_call(call),
        Expr::Call(call) => match &*call.func {
            Expr::Path(path) if is_wrapper(&path.path) => call.args.iter().find_map(in_expression),
            function => in_expression(function),
        },
        Expr::Macro(call) => in_macro(&call.mac),
        Expr::Assign(named) => in_expression(&named.right),
        Expr::Await(wait) => in_expression(&wait.base),
        Expr::Cast(cast) => in_expression(&cast.expr),
        Expr::Group(group) => in_expression(&group.expr),
        Expr::Index(index) => in_expression(&index.expr),
        Expr::Paren(parentheses) => in_expression(&parentheses.expr),
        Expr::Reference(reference) => in_expression(&reference.expr),
        Expr::Try(attempt) => in_expression(&attempt.expr),
        Expr::Unary(unary) => in_expression(&unary.expr),
        Expr::Array(array) => array.elems.iter().find_map(in_expression),
        Expr::Tuple(tuple) => tuple.elems.iter().find_map(in_expression),
        _ => None,
    }
}

fn judge(name: &Ident) -> Option<Secret> {
    sensitive_part(&name.unraw().to_string()).map(|part| (name.clone(), part))
}

fn in_path(path: &Path) -> Option<Secret> {
    let last = &path.segments.last()?.ident;
    // `Kind::Password` is a word, while `PASSWORD` holds one.
    let is_variant = path.segments.len() > 1 && is_in_camel_case(last);
    if is_variant { None } else { judge(last) }
}

/// True for the calls that give back what they were given: `public(…)`, `Some(…)`, `String::from(…)`.
fn is_wrapper(path: &Path) -> bool {
    path.segments.last().is_some_and(|last| {
        is_in_camel_case(&last.ident) || ["public", "from", "new"].iter().any(|n| last.ident == n)
    })
}

fn is_in_camel_case(name: &Ident) -> bool {
    let name = name.unraw().to_string();
    name.starts_with(char::is_uppercase) && name.contains(char::is_lowercase)
}

/// Judges the method, and what it is called on unless the method only speaks about it:
/// `password.len()`, `token.is_empty()`.
fn in_method_call(call: &ExprMethodCall) -> Option<Secret> {
    let (secret, part) = judge(&call.method).or_else(|| in_expression(&call.receiver))?;
    let (name, method) = (secret.unraw(), call.method.unraw());
    let is_shown = secret == call.method
        || [format!("{name}_{method}"), format!("{method}_{name}")]
            .iter()
            .all(|words| sensitive_part(words).is_some());
    is_shown.then_some((secret, part))
}

/// Judges the arguments of `format!` and its like, and the names within their text.
fn in_macro(call: &Macro) -> Option<Secret> {
    let arguments = call.parse_body_with(Punctuated::<Expr, Token![,]>::parse_terminated).ok()?;
    arguments.iter().find_map(|argument| match argument {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => in_format(text),
        argument => in_expression(argument),
    })
}

fn in_format(text: &LitStr) -> Option<Secret> {
    text.value().replace("{{", "").split('{').skip(1).find_map(|place| {
        let end = place.find([':', '}'])?;
        let name = syn::parse_str::<Ident>(&place[..end]).ok()?;
        judge(&Ident::new(&name.to_string(), text.span()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Asserts for each line `expression => name`, or `expression` alone for a harmless one.
    fn check(expressions: &str) {
        for line in expressions.lines().map(str::trim) {
            let (text, expected) = match line.split_once(" => ") {
                Some((text, name)) => (text, Some(name)),
                None => (line, None),
            };
            let found = in_expression(&syn::parse_str(text).unwrap());
            let found = found.map(|(name, _)| name.to_string());
            assert_eq!(found.as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn a_secret_is_found_by_its_last_name() {
        check(
            r#"reset_token => reset_token
               form.password => password
               &self.pin => pin
               *form.pin => pin
               login.token.clone() => token
               login.token.as_deref().unwrap_or("-") => token
               session_key().await? => session_key
               jar.session_token() => session_token
               form.passwords[0] => passwords
               credentials.0 => credentials
               (login.token) as u64 => token
               config::API_KEY => API_KEY
               audit::public(&form.password) => password
               Some(form.r#token) => r#token
               Kind::Token(token) => token
               String::from(&*secret) => secret
               (user.id, user.password) => password
               [user.password] => password
               format!("{}:{}", user.id, user.password) => password
               format!("{x}", x = form.password) => password
               format!("{password:?}") => password"#,
        );
    }

    #[test]
    fn what_only_speaks_about_a_secret_is_none() {
        check(
            r#"form.user
               form.token.owner
               password.len()
               form.token.is_some()
               form.tokens.iter().count()
               login.token.id()
               token_count
               Kind::Password
               "password"
               mask(&form.password)
               format!("{{password}} {user}")
               form.password == form.repeated"#,
        );
    }
}
