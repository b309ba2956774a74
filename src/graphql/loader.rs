//! Reads of rows that others point to: all that one level of a request asks for, in one statement, bound to the
//! administrator's tenant. A level that takes longer than the loader waits is cut into several reads, so a query keeps
//! what it has read, and shares it between the rows that point to it; a subscription and a mutation keep nothing, to
//! stay fresh and true.

use super::{
    fault::{Fault, OrFault},
    scalar::Id,
    types::{SocialAccount, SocialChannel, SocialDelivery, SocialIntegration},
};
use crate::{
    service::{
        AdminActor, Service, ServiceError,
        costs::Cost,
        reads::{PostsRead, With},
    },
    store::{Page, accounts::Account, deliveries::Delivery, posts::StoredPost},
};
use async_graphql::{
    Context, Result,
    dataloader::{DataLoader, HashMapCache, Loader},
};
use std::{collections::HashMap, sync::Arc};
use uuid::Uuid;

/// An account by its id.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct AccountBy(pub Uuid);

/// The integrations of an account.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct IntegrationsOf(pub Uuid);

/// An integration by its id.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct IntegrationBy(pub Uuid);

/// What an account costs.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct CostOf(pub Uuid);

/// A channel by its id.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ChannelBy(pub Uuid);

/// What a person is called, by the person's id.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct NameOf(pub Uuid);

/// The decisions about a post.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct DeliveriesOf(pub Uuid);

/// What resolvers read with.
pub type ReadsLoader = DataLoader<Reads, HashMapCache>;

/// Reads for one request of one administrator.
pub struct Reads {
    service: Service,
    admin: AdminActor,
    request_id: Option<String>,
}

impl Reads {
    /// The loader for a request; `keeps` what it has read until the request ends.
    pub fn of(service: &Service, admin: &AdminActor, request_id: Option<&str>, keeps: bool) -> ReadsLoader {
        let request_id = request_id.map(str::to_owned);
        let reads = Self { service: service.clone(), admin: admin.clone(), request_id };
        let loader = DataLoader::with_cache(reads, tokio::spawn, HashMapCache::default());
        loader.enable_all_cache(keeps);
        loader
    }

    /// The fault behind a failed read, which every row that waits for it shares.
    fn fault(&self, error: &ServiceError) -> Fault {
        Fault::of(error, self.request_id.as_deref())
    }
}

/// The request's loader; whoever has none may not read.
pub fn loader<'a>(ctx: &Context<'a>) -> Result<&'a ReadsLoader> {
    ctx.data_opt::<ReadsLoader>().ok_or(ServiceError::Forbidden).or_fault(ctx)
}

/// What `person` is called in nchat; `None` without a person, and for who is not there any more.
pub async fn name_of(ctx: &Context<'_>, person: Option<Id>) -> Result<Option<String>> {
    let Some(Id(person)) = person else { return Ok(None) };
    Ok(loader(ctx)?.load_one(NameOf(person)).await?.map(|name| name.as_ref().to_owned()))
}

impl Loader<AccountBy> for Reads {
    type Value = Arc<SocialAccount>;
    type Error = Fault;

    async fn load(&self, keys: &[AccountBy]) -> Result<HashMap<AccountBy, Self::Value>, Fault> {
        let ids: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let rows = self.service.accounts(&self.admin, None, Some(&ids)).await.map_err(|e| self.fault(&e))?;
        by_id(rows).map_err(|e| self.fault(&e))
    }
}

impl Loader<IntegrationsOf> for Reads {
    type Value = Vec<SocialIntegration>;
    type Error = Fault;

    async fn load(&self, keys: &[IntegrationsOf]) -> Result<HashMap<IntegrationsOf, Self::Value>, Fault> {
        let accounts: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let rows = self.service.integrations_of(&self.admin, &accounts).await.map_err(|e| self.fault(&e))?;
        let mut found: HashMap<_, Self::Value> = HashMap::new();
        for row in rows {
            found.entry(IntegrationsOf(row.account_id)).or_default().push(row.into());
        }
        Ok(found)
    }
}

impl Loader<IntegrationBy> for Reads {
    type Value = Arc<SocialIntegration>;
    type Error = Fault;

    async fn load(&self, keys: &[IntegrationBy]) -> Result<HashMap<IntegrationBy, Self::Value>, Fault> {
        let ids: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let rows = self.service.integrations_by_ids(&self.admin, &ids).await.map_err(|e| self.fault(&e))?;
        Ok(rows.into_iter().map(|row| (IntegrationBy(row.id), Arc::new(row.into()))).collect())
    }
}

impl Loader<CostOf> for Reads {
    type Value = Cost;
    type Error = Fault;

    async fn load(&self, keys: &[CostOf]) -> Result<HashMap<CostOf, Cost>, Fault> {
        let ids: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let costs = self.service.account_costs(&self.admin, &ids).await.map_err(|e| self.fault(&e))?;
        Ok(costs.into_iter().map(|(id, cost)| (CostOf(id), cost)).collect())
    }
}

impl Loader<ChannelBy> for Reads {
    type Value = Arc<SocialChannel>;
    type Error = Fault;

    async fn load(&self, keys: &[ChannelBy]) -> Result<HashMap<ChannelBy, Self::Value>, Fault> {
        let ids: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let rows = self.service.channels(&self.admin, &ids).await.map_err(|e| self.fault(&e))?;
        Ok(rows.into_iter().map(|row| (ChannelBy(row.id), Arc::new(row.into()))).collect())
    }
}

impl Loader<NameOf> for Reads {
    type Value = Arc<str>;
    type Error = Fault;

    async fn load(&self, keys: &[NameOf]) -> Result<HashMap<NameOf, Self::Value>, Fault> {
        let ids: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let names = self.service.names(&self.admin, &ids).await.map_err(|e| self.fault(&e))?;
        Ok(names.into_iter().map(|(id, name)| (NameOf(id), name.into())).collect())
    }
}

impl Loader<DeliveriesOf> for Reads {
    type Value = Arc<Vec<SocialDelivery>>;
    type Error = Fault;

    async fn load(&self, keys: &[DeliveriesOf]) -> Result<HashMap<DeliveriesOf, Self::Value>, Fault> {
        let posts: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let rows = self.service.deliveries(&self.admin, &posts).await.map_err(|e| self.fault(&e))?;
        by_post(keys.iter().copied(), rows).map_err(|e| self.fault(&e))
    }
}

fn by_id(rows: Vec<Account>) -> Result<HashMap<AccountBy, Arc<SocialAccount>>, ServiceError> {
    rows.into_iter().map(|row| Ok((AccountBy(row.id), Arc::new(row.try_into()?)))).collect()
}

/// An entry for each of `posts`: none were made about some.
fn by_post(
    posts: impl Iterator<Item = DeliveriesOf>,
    rows: Vec<Delivery>,
) -> Result<HashMap<DeliveriesOf, Arc<Vec<SocialDelivery>>>, ServiceError> {
    let mut found: HashMap<_, Vec<SocialDelivery>> = posts.map(|post| (post, Vec::new())).collect();
    for row in rows {
        found.entry(DeliveriesOf(row.post_id)).or_default().push(row.try_into()?);
    }
    Ok(found.into_iter().map(|(post, deliveries)| (post, Arc::new(deliveries))).collect())
}

/// What the page of posts that is asked for shall be read with: one transaction for all instead of one for each kind.
pub fn with(ctx: &Context<'_>) -> With {
    let asked = ctx.look_ahead();
    let asks =
        |field| asked.field("nodes").field(field).exists() || asked.field("edges").field("node").field(field).exists();
    With { accounts: asks("account"), deliveries: asks("deliveries") }
}

/// Keeps what was read with a page, for the fields that ask for it.
pub async fn keep(
    loader: &ReadsLoader,
    with: With,
    PostsRead { page, accounts, deliveries }: PostsRead,
) -> Result<Page<StoredPost>, ServiceError> {
    if with.accounts {
        loader.feed_many(by_id(accounts)?).await;
    }
    if with.deliveries {
        let posts = page.rows.iter().map(|(_, post)| DeliveriesOf(post.id));
        loader.feed_many(by_post(posts, deliveries)?).await;
    }
    Ok(page)
}
