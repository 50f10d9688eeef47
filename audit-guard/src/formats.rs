//! Published forms of keys and tokens: the prefix, the alphabet and the length of each.
//!
//! The forms are those that issuers document for scanners of secrets, such as GitHub's list of supported
//! secret scanning patterns. Keys that are meant to be public (`pk_live_…`) are not among them.

/// The bytes that follow a prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Alphabet {
    /// Letters and digits.
    Alnum,
    /// Letters, digits, `_` and `-`.
    Word,
    /// Hexadecimal digits.
    Hex,
    /// Capitals and digits.
    Upper,
    /// Base64 of RFC 4648, section 4.
    Base64,
    /// `Word` and dots: several parts.
    Dotted,
    /// `Dotted`, `/`, `%`, `~`, `=`, `+`: the rest of an address that opens what it names.
    Path,
}

/// One bit for each alphabet that a byte belongs to.
static ALPHABETS: [u8; 256] = {
    let mut bits = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let it = byte as u8;
        let alnum = it.is_ascii_alphanumeric();
        let word = alnum || matches!(it, b'_' | b'-');
        let dotted = word || it == b'.';
        bits[byte] = Alnum.bit_if(alnum)
            | Word.bit_if(word)
            | Hex.bit_if(it.is_ascii_hexdigit())
            | Upper.bit_if(it.is_ascii_uppercase() || it.is_ascii_digit())
            | Base64.bit_if(alnum || matches!(it, b'+' | b'/' | b'='))
            | Dotted.bit_if(dotted)
            | Path.bit_if(dotted || matches!(it, b'/' | b'%' | b'~' | b'=' | b'+' | b':' | b'@'));
        byte += 1;
    }
    bits
};

impl Alphabet {
    pub(crate) fn has(self, byte: u8) -> bool {
        ALPHABETS[usize::from(byte)] & self.bit() != 0
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }

    const fn bit_if(self, has: bool) -> u8 {
        if has { self.bit() } else { 0 }
    }
}

/// A form of tokens.
#[derive(Debug)]
pub(crate) struct Format {
    pub(crate) prefix: &'static str,
    pub(crate) alphabet: Alphabet,
    /// The fewest and the most bytes behind the prefix.
    pub(crate) least: usize,
    pub(crate) most: usize,
}

impl Format {
    /// True if such a token ends with a checksum of itself, as GitHub and npm have it.
    pub(crate) fn is_checked(&self) -> bool {
        self.least == 36
            && self.alphabet == Alnum
            && (self.prefix.starts_with("gh") || self.prefix == "npm_")
    }
}

const fn exact(prefix: &'static str, alphabet: Alphabet, length: usize) -> Format {
    Format { prefix, alphabet, least: length, most: length }
}

const fn from_to(prefix: &'static str, alphabet: Alphabet, least: usize, most: usize) -> Format {
    Format { prefix, alphabet, least, most }
}

use Alphabet::{Alnum, Base64, Dotted, Hex, Path, Upper, Word};

/// All forms; rules name them by their place.
pub(crate) static FORMATS: &[Format] = &[
    // Amazon Web Services.
    exact("AKIA", Upper, 16),
    exact("ASIA", Upper, 16),
    exact("ABIA", Upper, 16),
    exact("ACCA", Upper, 16),
    exact("A3T", Upper, 17),
    from_to("ABSK", Base64, 109, 269),
    from_to("bedrock-api-key-", Base64, 40, 2048),
    exact("amzn.mws.", Word, 36),
    from_to("amzn1.oa2-cs.v1.", Hex, 64, 64),
    // Google.
    exact("AIza", Word, 35),
    from_to("GOCSPX-", Word, 28, 40),
    from_to("ya29.", Dotted, 30, 2048),
    from_to("1//0", Word, 40, 256),
    // Alibaba, Tencent, Yandex.
    from_to("LTAI", Alnum, 16, 24),
    exact("AKID", Alnum, 32),
    exact("AQVN", Word, 36),
    exact("YCAJE", Word, 20),
    exact("YCM", Word, 37),
    // Digital Ocean, Fly, Heroku, Netlify, Render, Vercel, Scalingo, Linode.
    exact("dop_v1_", Hex, 64),
    exact("doo_v1_", Hex, 64),
    exact("dor_v1_", Hex, 64),
    from_to("fo1_", Word, 43, 43),
    from_to("fm1_", Base64, 100, 2048),
    from_to("fm1a_", Base64, 100, 2048),
    from_to("fm1r_", Base64, 100, 2048),
    from_to("fm2_", Base64, 100, 2048),
    exact("HRKU-AA", Word, 58),
    exact("nfp_", Alnum, 36),
    from_to("rnd_", Alnum, 24, 40),
    exact("vcp_", Alnum, 56),
    exact("tk-us-", Word, 48),
    // GitHub, GitLab, Bitbucket, Atlassian, Gitea.
    from_to("ghp_", Alnum, 36, 251),
    from_to("gho_", Alnum, 36, 251),
    from_to("ghu_", Alnum, 36, 251),
    from_to("ghs_", Alnum, 36, 251),
    from_to("ghr_", Alnum, 36, 251),
    from_to("github_pat_", Word, 59, 244),
    from_to("glpat-", Dotted, 20, 300),
    from_to("gldt-", Word, 20, 64),
    from_to("glrt-", Dotted, 20, 300),
    from_to("glrtr-", Dotted, 20, 300),
    from_to("glsoat-", Word, 20, 64),
    from_to("glcbt-", Word, 20, 80),
    from_to("glimt-", Word, 24, 25),
    from_to("glptt-", Word, 40, 40),
    from_to("glft-", Word, 20, 64),
    from_to("glffct-", Word, 20, 64),
    from_to("glagent-", Word, 50, 64),
    from_to("gloas-", Word, 64, 64),
    from_to("GR1348941", Word, 20, 50),
    from_to("ATATT3", Base64, 100, 300),
    from_to("ATCTT3", Base64, 100, 300),
    from_to("ATBB", Alnum, 28, 36),
    // Slack, Discord, Teams and other chats.
    from_to("xoxb-", Word, 24, 255),
    from_to("xoxp-", Word, 24, 255),
    from_to("xoxa-", Word, 24, 255),
    from_to("xoxr-", Word, 24, 255),
    from_to("xoxs-", Word, 24, 255),
    from_to("xoxo-", Word, 40, 255),
    from_to("xoxe-", Word, 24, 255),
    from_to("xoxe.xoxp-", Word, 100, 255),
    from_to("xoxe.xoxb-", Word, 100, 255),
    from_to("xoxc-", Word, 24, 255),
    from_to("xoxd-", Path, 40, 512),
    from_to("xapp-", Word, 40, 255),
    from_to("hooks.slack.com/services/", Path, 30, 128),
    from_to("hooks.slack.com/workflows/", Path, 40, 128),
    from_to("hooks.slack.com/triggers/", Path, 40, 128),
    from_to("discord.com/api/webhooks/", Path, 60, 160),
    from_to("discordapp.com/api/webhooks/", Path, 60, 160),
    from_to("webhook.office.com/webhookb2/", Path, 80, 256),
    from_to("hooks.zapier.com/hooks/catch/", Path, 12, 64),
    // Payment and shops.
    from_to("sk_live_", Alnum, 20, 247),
    from_to("rk_live_", Alnum, 20, 247),
    from_to("sk_test_", Alnum, 20, 247),
    from_to("rk_test_", Alnum, 20, 247),
    from_to("sk_prod_", Alnum, 20, 247),
    from_to("whsec_", Base64, 32, 64),
    exact("sq0atp-", Word, 22),
    exact("sq0csp-", Word, 43),
    exact("sq0idp-", Word, 22),
    exact("EAAA", Word, 60),
    exact("shpat_", Hex, 32),
    exact("shpca_", Hex, 32),
    exact("shppa_", Hex, 32),
    exact("shpss_", Hex, 32),
    exact("rzp_live_", Alnum, 14),
    exact("access_token$production$", Alnum, 49),
    from_to("access-production-", Word, 36, 36),
    from_to("access-sandbox-", Word, 36, 36),
    exact("shippo_live_", Hex, 40),
    exact("shippo_test_", Hex, 40),
    exact("EZAK", Alnum, 54),
    exact("EZTK", Alnum, 54),
    from_to("FLWSECK-", Word, 32, 48),
    from_to("FLWSECK_TEST-", Word, 12, 48),
    from_to("duffel_test_", Word, 43, 43),
    from_to("duffel_live_", Word, 43, 43),
    // Facebook.
    from_to("EAAC", Alnum, 80, 400),
    from_to("EAAM", Alnum, 80, 400),
    from_to("EAAG", Alnum, 80, 400),
    from_to("EAAB", Alnum, 80, 400),
    // Mail and telephony.
    from_to("SG.", Dotted, 60, 69),
    exact("key-", Hex, 32),
    exact("xkeysib-", Word, 81),
    exact("xsmtpsib-", Word, 81),
    exact("md-", Word, 22),
    exact("mlsn.", Hex, 64),
    from_to("re_", Word, 32, 36),
    exact("SK", Hex, 32),
    exact("AC", Hex, 32),
    // Packages.
    exact("npm_", Alnum, 36),
    from_to("pypi-AgEIcHlwaS5vcmc", Word, 50, 1000),
    from_to("pypi-AgENdGVzdC5weXBpLm9yZ", Word, 50, 1000),
    exact("rubygems_", Hex, 48),
    exact("cio", Alnum, 32),
    from_to("dckr_pat_", Word, 27, 40),
    from_to("dckr_oat_", Word, 32, 48),
    exact("oy2", Alnum, 43),
    exact("CLOJARS_", Alnum, 60),
    from_to("AKC", Alnum, 10, 100),
    from_to("AP0", Alnum, 8, 100),
    from_to("AP1", Alnum, 8, 100),
    from_to("AP2", Alnum, 8, 100),
    from_to("AP3", Alnum, 8, 100),
    from_to("AP4", Alnum, 8, 100),
    from_to("AP5", Alnum, 8, 100),
    from_to("AP6", Alnum, 8, 100),
    from_to("AP7", Alnum, 8, 100),
    from_to("AP8", Alnum, 8, 100),
    from_to("AP9", Alnum, 8, 100),
    from_to("cmVmdGtu", Alnum, 48, 64),
    exact("API-", Upper, 26),
    // Models.
    from_to("sk-proj-", Word, 40, 256),
    from_to("sk-svcacct-", Word, 40, 256),
    from_to("sk-admin-", Word, 40, 256),
    from_to("sk-ant-", Word, 80, 160),
    exact("sk-", Alnum, 48),
    from_to("sk-or-v1-", Hex, 64, 64),
    exact("hf_", Alnum, 34),
    exact("api_org_", Alnum, 34),
    from_to("r8_", Alnum, 37, 40),
    from_to("pplx-", Alnum, 48, 56),
    exact("gsk_", Alnum, 52),
    exact("xai-", Alnum, 80),
    from_to("lsv2_pt_", Word, 43, 43),
    from_to("lsv2_sk_", Word, 43, 43),
    from_to("nvapi-", Word, 60, 70),
    exact("tvly-", Word, 32),
    exact("csk-", Alnum, 48),
    exact("sk-lf-", Word, 36),
    exact("sk_", Hex, 48),
    exact("jina_", Word, 60),
    from_to("esecret_", Alnum, 24, 40),
    // Infrastructure.
    from_to("hvs.", Word, 24, 300),
    from_to("hvb.", Word, 24, 300),
    from_to("hvr.", Word, 24, 300),
    from_to(".atlasv1.", Word, 60, 70),
    exact("dp.pt.", Alnum, 43),
    from_to("dp.st.", Dotted, 40, 80),
    from_to("dp.ct.", Alnum, 40, 44),
    from_to("dp.sa.", Alnum, 40, 44),
    exact("dapi", Hex, 32),
    from_to("dt0c01.", Dotted, 89, 89),
    from_to("dt0s01.", Dotted, 60, 100),
    from_to("NRAK-", Alnum, 27, 27),
    from_to("NRII-", Word, 32, 32),
    from_to("NRJS-", Hex, 19, 19),
    from_to("NRAA-", Hex, 27, 27),
    from_to("glc_", Base64, 32, 400),
    from_to("glsa_", Word, 41, 41),
    exact("pul-", Hex, 40),
    from_to("pscale_tkn_", Dotted, 32, 64),
    from_to("pscale_pw_", Dotted, 32, 64),
    from_to("pscale_oauth_", Dotted, 32, 64),
    exact("pnu_", Alnum, 36),
    from_to("sntrys_", Base64, 60, 400),
    exact("sntryu_", Hex, 64),
    exact("sgp_", Hex, 40),
    exact("sgp_local_", Hex, 40),
    from_to("sgp_", Word, 57, 57),
    exact("slk_", Hex, 64),
    from_to("sha256~", Word, 43, 43),
    from_to("tskey-", Word, 20, 80),
    from_to("ops_eyJ", Base64, 200, 2048),
    from_to("AGE-SECRET-KEY-1", Upper, 58, 58),
    from_to("sbp_", Hex, 40, 40),
    from_to("sb_secret_", Word, 31, 44),
    exact("bkua_", Hex, 40),
    from_to("CCIPAT_", Word, 60, 70),
    from_to("hcaik_", Alnum, 58, 58),
    from_to("nk-", Alnum, 64, 64),
    exact("ico-", Alnum, 32),
    from_to("phx_", Alnum, 43, 48),
    from_to("dbpass_", Alnum, 20, 64),
    // Work and content.
    exact("lin_api_", Alnum, 40),
    from_to("lin_oauth_", Hex, 64, 64),
    from_to("ntn_", Alnum, 46, 46),
    exact("secret_", Alnum, 43),
    from_to("PMAK-", Word, 59, 59),
    exact("rdme_", Alnum, 70),
    from_to("figd_", Word, 40, 48),
    from_to("figu_", Word, 40, 48),
    from_to("tfp_", Dotted, 59, 59),
    exact("fio-u-", Word, 64),
    exact("s-s4t2ud-", Hex, 64),
    exact("s-s4t2af-", Hex, 64),
    from_to("CFPAT-", Word, 43, 43),
    from_to("pat-na1-", Word, 36, 36),
    from_to("pat-eu1-", Word, 36, 36),
    from_to("sk.eyJ1Ijoi", Dotted, 60, 160),
    exact("aio_", Alnum, 28),
    exact("shpua_", Hex, 32),
    exact("sdk-", Word, 36),
    exact("waka_", Word, 36),
    exact("BBFF-", Alnum, 30),
    exact("sm_aat_", Alnum, 16),
    from_to("v1.0-", Hex, 160, 200),
    exact("sqp_", Hex, 40),
    exact("squ_", Hex, 40),
    exact("sqa_", Hex, 40),
    exact("pat", Dotted, 79),
    from_to("eyJrIjoi", Base64, 60, 400),
    // Addresses that open what they name.
    from_to("&sig=", Path, 40, 100),
    exact("X-Amz-Signature=", Hex, 64),
];
