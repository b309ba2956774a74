//! Who changed what: entries for the log, and reading it.

use super::{AdminActor, Service, ServiceError};
use crate::store::{
    Page, PageRequest,
    audit::{self, AuditActor, AuditEntry, AuditRow},
};
use serde_json::Value;
use uuid::Uuid;

impl Service {
    /// An entry of this moment, to be recorded in the transaction of the change. `detail` is a JSON object without
    /// secrets.
    pub fn audit_entry<'a>(
        &self,
        tenant: &'a str,
        actor: AuditActor,
        action: &'static str,
        account_id: Option<Uuid>,
        detail: Value,
    ) -> AuditEntry<'a> {
        let at = self.clock.now();
        AuditEntry { id: self.dice.uuid(at), tenant, at, actor, action, account_id, detail }
    }

    /// The same for what an administrator does.
    pub fn audit_entry_of<'a>(
        &self,
        admin: &'a AdminActor,
        action: &'static str,
        account_id: Uuid,
        detail: Value,
    ) -> AuditEntry<'a> {
        let actor = AuditActor::Administrator(admin.user_id());
        self.audit_entry(admin.tenant(), actor, action, Some(account_id), detail)
    }

    /// A page of the log, newest first; of one account or all.
    ///
    /// # Errors
    /// [`ServiceError`] of the database.
    pub async fn audit_log(
        &self,
        admin: &AdminActor,
        account_id: Option<Uuid>,
        page: PageRequest,
    ) -> Result<Page<AuditRow>, ServiceError> {
        let mut connection = self.store.connection().await?;
        let transaction = connection.begin(admin.tenant()).await?;
        Ok(audit::list(&transaction, admin.tenant(), account_id, page).await?)
    }
}
