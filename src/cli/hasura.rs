//! `hasura`.

use super::{Fault, print::Style};
use crate::{
    config::{DatabaseConfig, HasuraConfig, environment},
    hasura::{
        Tenant,
        client::{Hasura as Running, Held, Inconsistency},
        difference::{Action, Difference},
        files, metadata, rebuilt, verify,
    },
    store::{
        Store,
        connect::{PoolOptions, pool},
        migrate,
    },
};
use anyhow::Context;
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use std::{fs, path::PathBuf};

/// What can be done with Hasura's metadata.
#[derive(Debug, Subcommand)]
pub enum Hasura {
    /// Add to a running Hasura what it lacks, as one change; nothing of others is taken away
    Apply(Tenancy),
    /// Show what `apply` would do; exit code 1 when there is something
    Diff(Tenancy),
    /// Look whether a running Hasura holds everything and can use it; exit code 1 when not
    Check(Tenancy),
    /// Write hasura-metadata/ anew
    Files {
        /// The folder to write into
        #[arg(default_value = "hasura-metadata")]
        folder: PathBuf,
    },
    /// Check that the metadata fits the database of DATABASE_URL, without a Hasura
    Verify {
        /// Make nchat's tables as this project's tests know them first, and migrate: for an empty database
        #[arg(long)]
        stand_in: bool,
    },
}

/// Whose rows sessions see.
#[derive(Debug, Args)]
pub struct Tenancy {
    /// Give sessions the rows of this tenant (source_account_id) instead of the one that their
    /// x-hasura-source-account-id names: for one tenant whose tokens name none
    #[arg(long, value_name = "TENANT")]
    source_account: Option<String>,
}

impl Tenancy {
    fn tenant(self) -> Tenant {
        self.source_account.map_or(Tenant::OfSession, Tenant::Fixed)
    }
}

/// Runs a command on Hasura's metadata.
pub async fn hasura(command: Hasura) -> Result<(), Fault> {
    match command {
        Hasura::Apply(tenancy) => apply(&tenancy.tenant()).await,
        Hasura::Diff(tenancy) => diff(&tenancy.tenant()).await,
        Hasura::Check(tenancy) => check(&tenancy.tenant()).await,
        Hasura::Files { folder } => write(&folder),
        Hasura::Verify { stand_in } => verify(stand_in).await,
    }
}

fn running() -> Result<Running, Fault> {
    let config = HasuraConfig::from_env(&environment)?;
    Ok(Running::new(config).context("the HTTP client cannot be built")?)
}

async fn apply(tenant: &Tenant) -> Result<(), Fault> {
    let (hasura, wanted) = (running()?, metadata(tenant));
    let mut held = hasura.export().await.map_err(anyhow::Error::from)?;
    let mut difference = Difference::between(&wanted, &held.metadata, held.remote_permissions);
    if !difference.conflicts.is_empty() {
        show("apply", &difference, &[]);
        return Err(anyhow::anyhow!("nothing was done: {} things stand in the way", difference.conflicts.len()).into());
    }
    let before = hasura.inconsistencies().await.map_err(anyhow::Error::from)?;
    if !difference.steps.is_empty() && held.has_remote_schema() {
        // Permissions are checked against the schema as Hasura last read it. Whether it can read it now, the steps tell.
        if let Err(problem) = hasura.reload().await {
            tracing::debug!(%problem, "the remote schema is not read anew");
        }
        // Reading may count as a change.
        held = hasura.export().await.map_err(anyhow::Error::from)?;
        difference = Difference::between(&wanted, &held.metadata, held.remote_permissions);
    }
    if !difference.steps.is_empty() {
        difference = take(&hasura, &wanted, difference, &held).await?;
    }
    hasura.reload().await.map_err(anyhow::Error::from)?;
    let after = hasura.inconsistencies().await.map_err(anyhow::Error::from)?;
    show("apply", &difference, &after);
    // Others' old trouble is shown, but is no fault of this change.
    let bad = after.iter().filter(|of| of.is_ours || !before.contains(of)).count();
    if bad > 0 {
        return Err(anyhow::anyhow!("Hasura holds everything now, but {bad} parts of it are inconsistent").into());
    }
    Ok(())
}

/// Takes the steps; where parts of the remote schema do not fit what Hasura knows of it, with the whole of it taken away
/// and put back. Returns the steps that were taken.
async fn take(hasura: &Running, wanted: &Value, difference: Difference, held: &Held) -> Result<Difference, Fault> {
    let Err(problem) = hasura.take(&difference, held).await else { return Ok(difference) };
    let whole = rebuilt(wanted, &held.metadata, held.remote_permissions).filter(|_| problem.is_of_remote_schema());
    if let Some(whole) = whole
        && hasura.take(&whole, held).await.is_ok()
    {
        return Ok(whole);
    }
    Err(anyhow::Error::from(problem).into())
}

async fn diff(tenant: &Tenant) -> Result<(), Fault> {
    let held = running()?.export().await.map_err(anyhow::Error::from)?;
    let difference = Difference::between(&metadata(tenant), &held.metadata, held.remote_permissions);
    show("diff", &difference, &[]);
    lacking(&difference)
}

async fn check(tenant: &Tenant) -> Result<(), Fault> {
    let hasura = running()?;
    let held = hasura.export().await.map_err(anyhow::Error::from)?;
    let difference = Difference::between(&metadata(tenant), &held.metadata, held.remote_permissions);
    let inconsistent = hasura.inconsistencies().await.map_err(anyhow::Error::from)?;
    show("check", &difference, &inconsistent);
    lacking(&difference)?;
    let ours = inconsistent.iter().filter(|of| of.is_ours).count();
    if ours > 0 {
        return Err(
            anyhow::anyhow!("{ours} parts are inconsistent: mend them, then run `nchat-social hasura apply`").into()
        );
    }
    Ok(())
}

fn lacking(difference: &Difference) -> Result<(), Fault> {
    let (steps, conflicts) = (difference.steps.len(), difference.conflicts.len());
    if difference.is_empty() {
        return Ok(());
    }
    Err(anyhow::anyhow!("{steps} things to do (`nchat-social hasura apply`), {conflicts} in the way").into())
}

/// A table on a terminal, JSON elsewhere.
fn show(command: &str, difference: &Difference, inconsistent: &[Inconsistency]) {
    let style = Style::stdout();
    if !style.is_terminal() {
        let Difference { steps, conflicts, warnings } = difference;
        let report = json!({"command": command, "steps": steps, "conflicts": conflicts, "warnings": warnings,
            "inconsistent": inconsistent});
        println!("{report}");
        return;
    }
    for step in &difference.steps {
        match step.action {
            Action::Add => println!("  {} {}", style.good("+"), step.what),
            Action::Change => println!("  {} {}", style.warn("~"), step.what),
        }
    }
    difference.conflicts.iter().for_each(|conflict| println!("  {} {conflict}", style.bad("✗")));
    difference.warnings.iter().for_each(|warning| println!("  {} {warning}", style.warn("!")));
    for of in inconsistent {
        let sign = if of.is_ours { style.bad("✗") } else { style.warn("!") };
        println!("  {sign} inconsistent: {} {}", of.what, style.dim(&of.reason));
    }
    if difference.is_empty() {
        println!("  {} Hasura holds everything", style.good("✓"));
    }
}

fn write(folder: &std::path::Path) -> Result<(), Fault> {
    for (name, text) in files::files() {
        let path = folder.join(name);
        let parent = path.parent().unwrap_or(folder);
        fs::create_dir_all(parent).with_context(|| format!("making {}", parent.display()))?;
        fs::write(&path, text).with_context(|| format!("writing {}", path.display()))?;
        println!("{}", path.display());
    }
    Ok(())
}

async fn verify(stand_in: bool) -> Result<(), Fault> {
    let database = DatabaseConfig::from_env(&environment)?;
    let (url, statement_timeout) = (database.url.clone(), database.statement_timeout);
    let options = PoolOptions { url, size: 2, statement_timeout };
    let store = Store::new(pool(&options).context("DATABASE_URL")?);
    if stand_in {
        store.create_standin().await.context("creating stand-ins for nchat's tables")?;
        migrate::up(&database.url).await.context("migrating")?;
    }
    let catalog = store.catalog().await.context("reading the tables")?;
    let misfits = verify::misfits(&metadata(&Tenant::OfSession), &catalog);
    misfits.iter().for_each(|misfit| println!("{misfit}"));
    if !misfits.is_empty() {
        return Err(anyhow::anyhow!("{} things do not fit", misfits.len()).into());
    }
    println!("hasura-metadata fits the database and the schema");
    Ok(())
}
