//! `doctor`: everything that can be wrong with an installation, and what to do about it.

use super::{Fault, build::App, print::Style};
use crate::{
    config::{Config, Problem, describe, environment},
    crypto::KeyRing,
    domain::Platform,
    outbound::{Limits, Outbound},
    service::import::Chain,
    store::{migrate::newest_version, troubles::Trouble},
};
use serde::Serialize;
use url::Url;

/// One thing looked at.
#[derive(Debug, Serialize)]
struct Finding {
    /// `settings`, `keys`, `database`, `platforms`, `accounts`.
    part: &'static str,
    /// What was looked at.
    what: String,
    /// `ok`, `warning`, `wrong`.
    verdict: Verdict,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    advice: Option<String>,
}

/// Where every word that this program says about trouble is explained.
const TROUBLESHOOTING: &str = "docs/troubleshooting.md";

impl Finding {
    /// Where more is said about it; accounts' troubles name their own place.
    fn see(&self) -> Option<String> {
        let anchor = match self.part {
            _ if self.verdict == Verdict::Ok => return None,
            "settings" => "doctor_settings",
            "keys" => "doctor_keys",
            "database" => "doctor_database",
            "platforms" => "doctor_platforms",
            _ => return None,
        };
        Some(format!("{TROUBLESHOOTING}#{anchor}"))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Verdict {
    Ok,
    Warning,
    Wrong,
}

/// Looks at everything; fails if anything is wrong.
pub async fn doctor() -> Result<(), Fault> {
    let env = &environment;
    let settings = describe(env);
    let mut findings = Vec::new();
    match Config::from_env(env) {
        Ok(config) => {
            note(&mut findings, "settings", format!("{} settings understood", settings.len()), None);
            for warning in config.warnings() {
                findings.push(Finding { part: "settings", what: warning, verdict: Verdict::Warning, advice: None });
            }
            look_at(&config, &mut findings).await;
        }
        Err(problems) => {
            for Problem { name, value, advice } in problems.list() {
                let what = value.as_ref().map_or_else(|| name.clone(), |value| format!("{name}={value}"));
                wrong(&mut findings, "settings", what, advice.clone());
            }
        }
    }
    let style = Style::stdout();
    if style.is_terminal() {
        for setting in &settings {
            println!("{:<32} {:<44} {}", setting.name, setting.value, style.dim(&setting.source.to_string()));
        }
        println!();
        for finding in &findings {
            print_line(style, finding);
        }
    } else {
        let rows: Vec<_> = settings
            .iter()
            .map(|s| serde_json::json!({"name": s.name, "value": s.value, "source": s.source.to_string()}))
            .collect();
        let findings: Vec<_> = findings
            .iter()
            .map(|finding| {
                let mut shown = serde_json::json!(finding);
                if let Some(see) = finding.see() {
                    shown["see"] = see.into();
                }
                shown
            })
            .collect();
        println!("{}", serde_json::json!({"settings": rows, "findings": findings}));
    }
    let wrong = findings.iter().filter(|finding| finding.verdict == Verdict::Wrong).count();
    if wrong == 0 { Ok(()) } else { Err(anyhow::anyhow!("{wrong} things to mend").into()) }
}

async fn look_at(config: &Config, findings: &mut Vec<Finding>) {
    match KeyRing::parse(&config.encryption_key) {
        Ok(_) => note(findings, "keys", "SOCIAL_MEDIA_ENCRYPTION_KEY".into(), None),
        Err(problem) => return wrong(findings, "keys", "SOCIAL_MEDIA_ENCRYPTION_KEY".into(), problem.to_string()),
    }
    match App::build(config.clone(), false) {
        Ok(app) => {
            if look_at_database(&app, findings).await {
                look_at_sealed(&app, findings).await;
            }
            look_at_platforms(&app, findings).await;
            let is_wrong = |finding: &Finding| finding.part == "database" && finding.verdict == Verdict::Wrong;
            if !findings.iter().any(is_wrong) {
                look_at_accounts(&app, findings).await;
                look_at_alerts(&app, findings).await;
            }
        }
        Err(error) => wrong(findings, "settings", "the parts do not fit together".into(), format!("{error:#}")),
    }
}

/// Under which keys the stored tokens are.
async fn look_at_sealed(app: &App, findings: &mut Vec<Finding>) {
    let census = match app.service.key_census().await {
        Ok(census) => census,
        Err(error) => {
            return wrong(findings, "keys", "sealed values cannot be counted".into(), Chain(&error).to_string());
        }
    };
    note(findings, "keys", format!("{} sealed values under the newest key", census.newest), None);
    if census.older > 0 {
        let advice = "run `nchat-social keys rotate`; until then keep the older keys".into();
        let what = format!("{} sealed values under an older key", census.older);
        findings.push(Finding { part: "keys", what, verdict: Verdict::Warning, advice: Some(advice) });
    }
    if census.unknown > 0 {
        let advice = "add the missing key to SOCIAL_MEDIA_ENCRYPTION_KEY behind the newest one; `nchat-social keys \
                      rotate` names the accounts, which can also be connected again"
            .into();
        wrong(findings, "keys", format!("{} sealed values under an unknown key", census.unknown), advice);
    }
}

/// Whether tables and rights are such that the rest can be looked at.
async fn look_at_database(app: &App, findings: &mut Vec<Finding>) -> bool {
    let version = match app.service.store.schema_version().await {
        Ok(version) => version,
        Err(error) => {
            let advice = format!("{}; check DATABASE_URL and that the server runs", Chain(&error));
            wrong(findings, "database", "no answer".into(), advice);
            return false;
        }
    };
    if version == Some(newest_version()) {
        note(findings, "database", format!("up to date (version {})", newest_version()), None);
    } else {
        let advice = "run `nchat-social migrate` with the login that owns nchat's tables".into();
        wrong(findings, "database", format!("version {}", version.unwrap_or(0)), advice);
        return false;
    }
    match app.service.store.rights().await {
        Ok(rights) => {
            let lacking: Vec<_> = rights.iter().filter(|right| right.granted != Some(true)).collect();
            let is_complete = lacking.is_empty();
            if is_complete {
                note(findings, "database", format!("all {} rights are there", rights.len()), None);
            }
            for right in lacking {
                let advice = match right.granted {
                    Some(_) => format!("GRANT {} ON {} TO this login", right.right, right.object),
                    None => "the table is not there or its schema is closed: run `nchat-social migrate`, then GRANT \
                             USAGE on the schema"
                        .into(),
                };
                wrong(findings, "database", format!("{} on {}", right.right, right.object), advice);
            }
            is_complete
        }
        Err(error) => {
            wrong(findings, "database", "rights cannot be read".into(), Chain(&error).to_string());
            false
        }
    }
}

/// Whether the channel that is told of trouble takes messages.
async fn look_at_alerts(app: &App, findings: &mut Vec<Finding>) {
    let Some(channel) = app.service.settings.alert_channel else {
        return note(findings, "settings", "SOCIAL_ALERT_CHANNEL is not set: trouble is in the log alone".into(), None);
    };
    let what = format!("SOCIAL_ALERT_CHANNEL={channel}");
    match app.service.alert_channel().await {
        Ok(Some(found)) if !found.is_archived => note(findings, "settings", format!("{what}: #{}", found.name), None),
        Ok(Some(_)) => wrong(findings, "settings", what, "the channel is archived: choose another one".into()),
        Ok(None) => {
            let tenant = &app.service.settings.default_tenant;
            let advice = format!("no channel of {tenant} has this id: take one from the column id of nchat_channels");
            wrong(findings, "settings", what, advice);
        }
        Err(error) => wrong(findings, "database", "channels cannot be read".into(), Chain(&error).to_string()),
    }
}

/// What keeps accounts from being read; administrators are told the same in nchat.
async fn look_at_accounts(app: &App, findings: &mut Vec<Finding>) {
    let troubles = match app.service.store.troubles().await {
        Ok(troubles) => troubles,
        Err(error) => {
            return wrong(findings, "database", "accounts cannot be counted".into(), Chain(&error).to_string());
        }
    };
    if troubles.is_empty() {
        note(findings, "accounts", "none needs anybody".into(), None);
    }
    for Trouble { platform, health, code, accounts } in troubles {
        findings.push(Finding {
            part: "accounts",
            what: format!("{accounts} of {}: {health}, {code}", platform.brand().name),
            verdict: Verdict::Warning,
            advice: Some(format!("{TROUBLESHOOTING}#{code}")),
        });
    }
}

async fn look_at_platforms(app: &App, findings: &mut Vec<Finding>) {
    let config = &app.config;
    let token_urls: [(Platform, Option<&Url>); 3] = [
        (Platform::Twitter, config.twitter.as_ref().map(|c| &c.token_url)),
        (Platform::Instagram, config.instagram.as_ref().map(|c| c.token_host())),
        (Platform::Linkedin, config.linkedin.as_ref().map(|c| &c.token_url)),
    ];
    let Ok(http) = Outbound::new(Limits::default()) else {
        return wrong(findings, "platforms", "no HTTP client".into(), "the machine's TLS roots cannot be read".into());
    };
    for (platform, url) in token_urls {
        let name = platform.brand().name;
        let Some(url) = url else {
            let advice = Some(format!("off for want of its app's id and secret: docs/connect-{platform}.md"));
            findings.push(Finding { part: "platforms", what: name.into(), verdict: Verdict::Ok, advice });
            continue;
        };
        // Any answer at all shows that the platform can be reached; without credentials it refuses, as it should.
        match http.get(url, None, &[]).await {
            Ok(_) => note(findings, "platforms", format!("{name} answers"), None),
            Err(error) => {
                let host = url.host_str().unwrap_or_default();
                wrong(findings, "platforms", format!("{name}: {error}"), format!("allow this machine to reach {host}"));
            }
        }
    }
    for client in app.service.platforms.iter() {
        let platform = client.spec().platform;
        let callback = app.service.settings.callback_url(platform);
        note(findings, "platforms", format!("{} callback to register", platform.brand().name), Some(callback));
    }
}

fn note(findings: &mut Vec<Finding>, part: &'static str, what: String, advice: Option<String>) {
    findings.push(Finding { part, what, verdict: Verdict::Ok, advice });
}

fn wrong(findings: &mut Vec<Finding>, part: &'static str, what: String, advice: String) {
    findings.push(Finding { part, what, verdict: Verdict::Wrong, advice: Some(advice) });
}

fn print_line(style: Style, finding: &Finding) {
    let mark = match finding.verdict {
        Verdict::Ok => style.good("ok     "),
        Verdict::Warning => style.warn("warning"),
        Verdict::Wrong => style.bad("wrong  "),
    };
    println!("{mark} {:<10} {}", finding.part, finding.what);
    for line in finding.advice.iter().chain(&finding.see()) {
        println!("                   {}", style.dim(line));
    }
}
