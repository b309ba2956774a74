//! Session variables, wherever they come from.

use super::Refusal;
use crate::{service::Claims, store::ALL_TENANTS};
use uuid::Uuid;

pub(super) const ROLE: &str = "x-hasura-role";
pub(super) const USER_ID: &str = "x-hasura-user-id";
pub(super) const TENANT: &str = "x-hasura-source-account-id";

const MOST_ROLE_BYTES: usize = 64;
const MOST_TENANT_BYTES: usize = 128;

/// Claims of checked session variables.
pub(super) fn claims(role: &str, user_id: Option<&str>, tenant: Option<&str>) -> Result<Claims, Refusal> {
    if role.is_empty() || role.len() > MOST_ROLE_BYTES {
        return Err(Refusal::Session("x-hasura-role must have 1 to 64 characters"));
    }
    let user_id = match user_id {
        None | Some("") => None,
        Some(text) => Some(Uuid::try_parse(text).map_err(|_| Refusal::Session("x-hasura-user-id must be a UUID"))?),
    };
    if let Some(tenant) = tenant {
        let plain = (1..=MOST_TENANT_BYTES).contains(&tenant.len()) && !tenant.chars().any(char::is_control);
        if !plain || tenant == ALL_TENANTS {
            return Err(Refusal::Session("x-hasura-source-account-id names no tenant"));
        }
    }
    Ok(Claims { role: role.to_owned(), user_id, tenant: tenant.map(str::to_owned) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_session_names_all_tenants_or_a_crooked_person() {
        let user = "6f9619ff-8b86-4d01-b42d-00cf4fc964ff";
        let good = claims("user", Some(user), Some("primary")).expect("claims");
        assert_eq!((good.role.as_str(), good.tenant.as_deref()), ("user", Some("primary")));
        assert_eq!(good.user_id.map(|id| id.to_string()).as_deref(), Some(user));
        assert_eq!(claims("admin", Some(""), None).expect("claims").user_id, None);
        for tenant in ["", "*", "a\0b", &"x".repeat(129)] {
            assert!(matches!(claims("admin", None, Some(tenant)), Err(Refusal::Session(_))), "{tenant:?}");
        }
        assert!(matches!(claims("user", Some("42"), None), Err(Refusal::Session(_))));
        assert!(matches!(claims("", None, None), Err(Refusal::Session(_))));
    }
}
