//! A Postgres of a test's own, which it may stop, start and copy.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// The cluster; deleted with the test.
pub struct Cluster {
    folder: PathBuf,
}

impl Cluster {
    /// A new one, running on a free port. Durable, as people's are: what it says is committed is on the disk.
    pub fn start(name: &str) -> Self {
        // Not below the checkout: the account that the server runs as may not see that.
        let folder = std::env::temp_dir().join(format!("nchat-social-{name}-{}", std::process::id()));
        let cluster = Self { folder };
        cluster.script(&["start"], &["0"]);
        cluster
    }

    /// The superuser's address.
    pub fn url(&self) -> String {
        self.script(&["admin-url"], &[])
    }

    /// Ends it as an administrator does: who is connected is cut off.
    pub fn stop(&self) {
        self.script(&["stop"], &[]);
    }

    /// Starts it on the port it had, or any.
    pub fn start_again(&self, port: u16) {
        self.script(&["start"], &[&port.to_string()]);
    }

    /// A cluster of its own with the same content; this one has to be stopped.
    pub fn copy(&self, name: &str) -> Self {
        let folder = self.folder.with_file_name(format!("nchat-social-{name}-{}", std::process::id()));
        let copied = Command::new("cp").arg("-a").arg(&self.folder).arg(&folder).status().expect("cp");
        assert!(copied.success(), "the cluster is copied");
        Self { folder }
    }

    fn script(&self, command: &[&str], arguments: &[&str]) -> String {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/postgres");
        let output = Command::new(script)
            .args(command)
            .arg(&self.folder)
            .args(arguments)
            .stdin(Stdio::null())
            .output()
            .expect("scripts/postgres");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{command:?}: {said}");
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/postgres");
        let _ = Command::new(script).arg("drop").arg(&self.folder).stderr(Stdio::null()).status();
    }
}
