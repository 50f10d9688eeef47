//! Stands for the kind `email` in a build without it: says so, whatever is set.

use super::Made;
use crate::alert::config::section::Section;

const ABSENT: &str = "this build has no e-mail; build it with the feature `email`";

#[derive(Debug)]
pub(in crate::alert::config) struct EmailSettings;

impl EmailSettings {
    pub(super) fn read(section: &mut Section<'_, '_>) -> Option<Self> {
        section.skip_all();
        Some(Self)
    }

    pub(super) fn notifier(&self) -> Made {
        by_variables()
    }
}

pub(super) fn by_variables() -> Made {
    Err(vec![ABSENT.to_owned()])
}
