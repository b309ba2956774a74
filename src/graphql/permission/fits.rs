//! Whether a permission fits the schema: what Hasura would refuse when it is applied, found beforehand.
//! `<https://github.com/hasura/graphql-engine/blob/master/server/src-lib/Hasura/RemoteSchema/SchemaCache/Permission.hs>`

use super::{BUILT_IN, ROOTS, list, reference, text, types};
use async_graphql::{
    Positioned,
    parser::{
        parse_schema,
        types::{FieldDefinition, InputValueDefinition, TypeDefinition, TypeKind, TypeSystemDefinition},
    },
};
use serde_json::Value;
use std::collections::BTreeSet;

/// Everything by which `sdl` is not a part of the schema that Hasura can take.
pub fn misfits(sdl: &str) -> Vec<String> {
    let document = match parse_schema(sdl) {
        Ok(document) => document,
        Err(error) => return vec![format!("it is not GraphQL: {error}")],
    };
    let mut checker = Checker { types: types(), declared: Vec::new(), leads: Vec::new(), found: Vec::new() };
    for definition in &document.definitions {
        match definition {
            TypeSystemDefinition::Schema(of) if of.node.query.is_some() => {
                let roots = [&of.node.query, &of.node.mutation].into_iter().flatten();
                for root in roots.filter(|root| !ROOTS.contains(&root.node.as_str())) {
                    checker.say(format_args!("{} is no root of the schema", root.node));
                }
                if of.node.subscription.is_some() {
                    checker.say(format_args!("Hasura does not forward subscriptions"));
                }
            }
            TypeSystemDefinition::Schema(_) => checker.say(format_args!("the schema has no query root")),
            TypeSystemDefinition::Directive(of) => checker.say(format_args!("@{} is declared", of.node.name.node)),
            TypeSystemDefinition::Type(of) => checker.definition(&of.node),
        }
    }
    checker.finish()
}

/// What `sdl` declares, whatever its order, spacing and descriptions; the text itself where it cannot be read.
pub fn declarations(sdl: &str) -> BTreeSet<String> {
    let Ok(document) = parse_schema(sdl) else { return BTreeSet::from([sdl.to_owned()]) };
    let types = document.definitions.iter().filter_map(|definition| match definition {
        TypeSystemDefinition::Type(of) => Some(&of.node),
        _ => None,
    });
    types.flat_map(|of| members(&of.kind).into_iter().map(move |member| format!("{} {member}", of.name.node))).collect()
}

/// What a type consists of; one empty text for what has no parts.
fn members(kind: &TypeKind) -> Vec<String> {
    let fields = |fields: &[Positioned<FieldDefinition>]| {
        fields
            .iter()
            .map(|field| (field.node.name.node.to_string(), &field.node))
            .map(|(name, field)| {
                let mut inputs: Vec<String> = field.arguments.iter().map(|input| written(&input.node)).collect();
                inputs.sort();
                format!("{name}({}): {}", inputs.join(", "), field.ty.node)
            })
            .collect()
    };
    match kind {
        TypeKind::Scalar => vec![String::new()],
        TypeKind::Object(of) => fields(&of.fields),
        TypeKind::Interface(of) => fields(&of.fields),
        TypeKind::Union(of) => of.members.iter().map(|member| member.node.to_string()).collect(),
        TypeKind::Enum(of) => of.values.iter().map(|word| word.node.value.node.to_string()).collect(),
        TypeKind::InputObject(of) => of.fields.iter().map(|input| written(&input.node)).collect(),
    }
}

fn written(input: &InputValueDefinition) -> String {
    let mut text = format!("{}: {}", input.name.node, input.ty.node);
    if let Some(default) = &input.default_value {
        text += &format!(" = {}", default.node);
    }
    for directive in input.directives.iter().map(|directive| &directive.node) {
        let given = directive.arguments.iter().map(|(name, value)| format!("{}: {}", name.node, value.node));
        text += &format!(" @{}({})", directive.name.node, given.collect::<Vec<_>>().join(", "));
    }
    text
}

struct Checker {
    types: &'static [Value],
    declared: Vec<String>,
    /// What leads where.
    leads: Vec<(String, String)>,
    found: Vec<String>,
}

impl Checker {
    fn say(&mut self, what: std::fmt::Arguments<'_>) {
        self.found.push(what.to_string());
    }

    fn definition(&mut self, of: &TypeDefinition) {
        let name = of.name.node.as_str();
        if of.extend || !of.directives.is_empty() {
            self.say(format_args!("{name} is extended or carries a directive"));
        }
        if BUILT_IN.contains(&name) || self.declared.iter().any(|declared| declared == name) {
            return self.say(format_args!("{name} is declared again"));
        }
        self.declared.push(name.to_owned());
        let Some(real) = self.types.iter().find(|real| text(real, "name") == name) else {
            return self.say(format_args!("there is no type {name}"));
        };
        let kind = match &of.kind {
            TypeKind::Scalar => "SCALAR",
            TypeKind::Object(object) => {
                if !object.implements.is_empty() {
                    self.say(format_args!("{name} implements an interface"));
                }
                object.fields.iter().for_each(|field| self.field(real, &field.node));
                "OBJECT"
            }
            TypeKind::Enum(words) => {
                for word in &words.values {
                    let word = &word.node.value.node;
                    if !list(real, "enumValues").iter().any(|known| text(known, "name") == word.as_str()) {
                        self.say(format_args!("{name} has no value {word}"));
                    }
                }
                "ENUM"
            }
            TypeKind::InputObject(input) => {
                self.inputs(name, list(real, "inputFields"), &input.fields);
                "INPUT_OBJECT"
            }
            TypeKind::Interface(_) => "INTERFACE",
            TypeKind::Union(_) => "UNION",
        };
        if text(real, "kind") != kind {
            self.say(format_args!("{name} is of another kind"));
        }
    }

    fn field(&mut self, of: &Value, field: &FieldDefinition) {
        let place = format!("{}.{}", text(of, "name"), field.name.node);
        if !field.directives.is_empty() {
            self.say(format_args!("{place} carries a directive"));
        }
        let Some(real) = list(of, "fields").iter().find(|real| text(real, "name") == field.name.node.as_str()) else {
            return self.say(format_args!("there is no field {place}"));
        };
        let (given, wanted) = (field.ty.node.to_string(), reference(&real["type"]));
        if given != wanted {
            self.say(format_args!("{place} is {wanted}, not {given}"));
        }
        self.inputs(&place, list(real, "args"), &field.arguments);
        self.leads(place, &given);
    }

    fn leads(&mut self, place: String, to: &str) {
        self.leads.push((place, to.trim_matches(['[', ']', '!']).to_owned()));
    }

    fn inputs(&mut self, place: &str, real: &[Value], given: &[Positioned<InputValueDefinition>]) {
        for input in given.iter().map(|input| &input.node) {
            let name = input.name.node.as_str();
            let Some(known) = real.iter().find(|known| text(known, "name") == name) else {
                self.say(format_args!("{place} takes no {name}"));
                continue;
            };
            let (is, wanted) = (input.ty.node.to_string(), reference(&known["type"]));
            if is != wanted {
                self.say(format_args!("{place}: {name} is {wanted}, not {is}"));
            }
            self.leads(format!("{place}: {name}"), &is);
            if input.default_value.as_ref().map(|value| value.node.to_string()).as_deref()
                != known["defaultValue"].as_str()
            {
                self.say(format_args!("{place}: {name} has another default"));
            }
            if !input.directives.is_empty() {
                self.say(format_args!("{place}: {name} carries a directive"));
            }
        }
        for needed in real.iter().filter(|known| known["type"]["kind"] == "NON_NULL" && known["defaultValue"].is_null())
        {
            let name = text(needed, "name");
            if !given.iter().any(|input| input.node.name.node.as_str() == name) {
                self.say(format_args!("{place} needs {name}"));
            }
        }
    }

    /// What is referred to must be declared, and there must be a query.
    fn finish(mut self) -> Vec<String> {
        let is_declared = |name: &str| self.declared.iter().any(|declared| declared == name);
        if !is_declared(ROOTS[0]) {
            self.found.push(format!("{} is not declared", ROOTS[0]));
        }
        for (place, to) in self.leads.iter().filter(|(_, to)| !BUILT_IN.contains(&to.as_str()) && !is_declared(to)) {
            self.found.push(format!("{place} leads to {to}, which is not declared"));
        }
        self.found
    }
}
