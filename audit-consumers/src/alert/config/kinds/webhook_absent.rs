//! Stands for the kinds `webhook` and `slack` in a build without them: says so, whatever is set.

use super::Made;
use crate::alert::config::section::Section;

const ABSENT: &str = "this build has no webhooks; build it with the feature `webhook`";

#[derive(Debug)]
pub(in crate::alert::config) struct WebhookSettings;

impl WebhookSettings {
    pub(super) fn read(section: &mut Section<'_, '_>, _is_slack: bool) -> Option<Self> {
        section.skip_all();
        Some(Self)
    }

    pub(super) fn notifier(&self) -> Made {
        Err(vec![ABSENT.to_owned()])
    }
}
