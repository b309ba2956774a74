//! The instagram client.
