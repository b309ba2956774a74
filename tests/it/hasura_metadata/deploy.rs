//! `deploy/`: what starts Postgres, Hasura and the service names things that exist.

use super::read;
use nchat_social::{
    config::SETTINGS,
    hasura::{SECRET_VARIABLE, URL_VARIABLE},
};
use serde_json::Value;
use std::{collections::BTreeSet, fs, path::Path};

fn deploy() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy")
}

fn compose() -> Value {
    read(&deploy().join("compose.yaml"))
}

/// A service with what it takes over from the common part by `<<`.
fn part<'a>(service: &'a Value, key: &str) -> &'a Value {
    if service[key].is_null() { &service["<<"][key] } else { &service[key] }
}

#[test]
fn the_services_settings_exist() {
    let compose = compose();
    let services = compose["services"].as_object().expect("services");
    let known: BTreeSet<&str> = SETTINGS.iter().map(|setting| setting.name).collect();
    let mut ours = 0;
    for (name, service) in services.iter().filter(|(_, service)| part(service, "image") == "nchat-social") {
        for setting in part(service, "environment").as_object().expect("settings").keys() {
            assert!(known.contains(setting.as_str()), "{name}: there is no setting {setting}");
            ours += 1;
        }
        assert!(!service["command"].as_array().expect("a command").is_empty(), "{name}");
    }
    assert!(ours > 20, "{ours}");
    let hasura = services["hasura"]["environment"].as_object().expect("variables");
    for variable in [URL_VARIABLE, SECRET_VARIABLE, "HASURA_GRAPHQL_DATABASE_URL"] {
        assert!(hasura.contains_key(variable), "{variable}");
    }
    // nchat's tokens carry no x-hasura-source-account-id: filters that need it would refuse every list.
    let apply = ["hasura", "apply", "--source-account", "primary"];
    assert_eq!(services["nchat-social-hasura"]["command"], serde_json::json!(apply));
    assert_eq!(hasura["HASURA_GRAPHQL_ENABLE_REMOTE_SCHEMA_PERMISSIONS"], "true");
    assert_eq!(hasura[SECRET_VARIABLE], part(&services["nchat-social"], "environment")[SECRET_VARIABLE]);
}

#[test]
fn what_services_wait_for_and_mount_is_there() {
    let compose = compose();
    let services = compose["services"].as_object().expect("services");
    for (name, service) in services {
        for (other, on) in service["depends_on"].as_object().into_iter().flatten() {
            let Some(other) = services.get(other) else { panic!("{name} waits for {other}, which is none") };
            match on["condition"].as_str() {
                Some("service_healthy") => assert!(other["healthcheck"]["test"].is_array(), "{name}"),
                Some("service_completed_successfully") => assert_eq!(other["restart"], "no", "{name}"),
                other => panic!("{name}: {other:?}"),
            }
        }
        for volume in service["volumes"].as_array().into_iter().flatten() {
            let from = volume.as_str().and_then(|text| text.split(':').next()).expect("a volume");
            let is_file = from.starts_with('.');
            assert!(
                if is_file {
                    deploy().join(from).is_file()
                } else {
                    !compose["volumes"][from].is_null() || compose["volumes"].get(from).is_some()
                },
                "{name}: {from}"
            );
        }
        for port in service["ports"].as_array().into_iter().flatten() {
            assert!(
                port.as_str().is_some_and(|port| port.starts_with("127.0.0.1:")),
                "{name}: {port} is open to everybody"
            );
        }
    }
    let built = &services["nchat-social-migrate"]["build"];
    assert!(
        deploy()
            .join(built["context"].as_str().expect("a folder"))
            .join(built["dockerfile"].as_str().expect("a file"))
            .is_file()
    );
}

/// Every variable that must be given is in the example, and none holds a secret already.
#[test]
fn the_example_has_what_must_be_given() {
    let example = fs::read_to_string(deploy().join(".env.example")).expect(".env.example");
    let text = fs::read_to_string(deploy().join("compose.yaml")).expect("compose.yaml");
    let mut wanted = 0;
    for part in text.split("${").skip(1) {
        let name = part.split([':', '}']).next().expect("a name");
        assert!(example.lines().any(|line| line.starts_with(&format!("{name}="))), "{name} is not in the example");
        wanted += 1;
    }
    assert!(wanted > 10);
    let given: Vec<&str> = example.lines().filter(|line| !line.starts_with('#') && !line.ends_with('=')).collect();
    assert_eq!(given, ["NEXT_PUBLIC_APP_URL=http://localhost:8080"]);
}

/// The proxy's lines: the service has its path, and nobody outside can call himself Hasura.
#[test]
fn the_proxy_passes_the_services_path_and_no_secret() {
    let conf = fs::read_to_string(deploy().join("nginx.conf")).expect("nginx.conf");
    assert_eq!(conf.matches('{').count(), conf.matches('}').count());
    for location in conf.split("\n    location ").skip(1) {
        assert!(location.contains("proxy_pass http://nchat_social;"));
        assert!(location.contains("proxy_set_header X-Nchat-Social-Secret \"\";"));
    }
    // A socket is an upgraded connection, which is quiet for longer than nginx waits by itself.
    let sockets =
        conf.split("\n    location ").find(|location| location.starts_with("= /graphql {")).expect("/graphql");
    for line in [
        "proxy_set_header Upgrade $http_upgrade;",
        "proxy_set_header Connection $connection_upgrade;",
        "proxy_read_timeout 1h;",
    ] {
        assert!(sockets.contains(line), "{line}");
    }
    assert!(conf.contains("map $http_upgrade $connection_upgrade {"));
    assert!(conf.contains("location ^~ /api/social/ {") && conf.contains("server nchat-social:8095;"));
}

/// The image has the administrator's page, and nothing of the machine it is built on.
#[test]
fn the_image_is_built_with_the_page_and_without_secrets() {
    let image = fs::read_to_string(deploy().join("Dockerfile")).expect("Dockerfile");
    let page = image.find("AS page").expect("a stage for the page");
    let build = image.find("AS build").expect("a stage for the program");
    assert!(page < build && image[page..build].contains("npm run build"));
    let taken =
        image.find("COPY --from=page /src/console/dist/page console/dist/page").expect("the page is taken over");
    assert!(taken < image.find("cargo build").expect("a build"), "before the program is built");
    let ignored = fs::read_to_string(deploy().join("../.dockerignore")).expect(".dockerignore");
    for path in ["deploy/.env", "**/node_modules", "target", ".git"] {
        assert!(ignored.lines().any(|line| line == path), "{path}");
    }
}
