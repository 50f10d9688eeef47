//! A sensitive field that is captured out of its struct leaves its mark behind.

use audit_runtime::{Redact, audited};

#[derive(Redact)]
struct Pay {
    #[sensitive]
    salary: u64,
    #[sensitive]
    account: u64,
    month: u8,
}

struct Form<T>(T);

impl<T> std::ops::Deref for Form<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

#[audited(
    action = "ChangePay",
    target(Account, id = form.account, name = form.month),
    fields(pay = form.salary, month = form.month),
    on_unrecorded = fail_open
)]
fn change(form: Form<Pay>) {
    let _ = form;
}

#[audited(action = "ReadPay", fields(pay = amount, month = month))]
fn read(Form(Pay { salary: amount, month, .. }): Form<Pay>) {
    let _ = (amount, month);
}

#[audited(
    action = "ListPay",
    fields(#[public(reason = "it is published")] pay = form.salary, whole = form.0)
)]
fn list(form: Form<Pay>) {
    let _ = form;
}

fn main() {
    let form = || Form(Pay { salary: 1, account: 2, month: 3 });
    change(form());
    read(form());
    list(form());
}
