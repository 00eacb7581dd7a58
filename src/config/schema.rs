//! The JSON schema of `linger.toml`, for editors.

use linger_analysis::catalogue::Written;
use linger_lints::{Group, all};
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

/// The schema.
pub fn schema() -> Value {
    let level = json!({ "$ref": "#/$defs/level" });
    let mut rules = Map::new();
    let mut levels_only = Map::new();
    for rule in all() {
        let meta = rule.meta;
        let mut options = (meta.options_schema)().to_value();
        let mut properties = Map::new();
        properties.insert("level".to_owned(), level.clone());
        if let Some(own) = options.get_mut("properties").and_then(Value::as_object_mut) {
            properties.append(own);
        }
        rules.insert(
            meta.name.to_owned(),
            json!({
                "description": meta.summary,
                "anyOf": [level, { "type": "object", "properties": properties, "additionalProperties": false }],
            }),
        );
        levels_only
            .insert(meta.name.to_owned(), json!({ "description": meta.summary, "$ref": "#/$defs/level" }));
        for case in meta.cases.iter().filter(|case| !case.name.is_empty()) {
            let value = json!({ "description": case.summary, "$ref": "#/$defs/level" });
            rules.insert(format!("{}/{}", meta.name, case.name), value.clone());
            levels_only.insert(format!("{}/{}", meta.name, case.name), value);
        }
    }
    let groups = Group::ALL.iter().map(|g| (g.name(), g.summary())).chain([
        ("default", "everything that is on by default"),
        ("strict", "everything that is off by default"),
        ("all", "everything"),
    ]);
    for (name, summary) in groups {
        let value = json!({ "description": summary, "$ref": "#/$defs/level" });
        rules.insert(name.to_owned(), value.clone());
        levels_only.insert(name.to_owned(), value);
    }
    let globs = json!({ "type": "array", "items": { "type": "string" } });
    let tests = json!({
        "description": "how test code is treated (tests, benches, examples, `cfg(test)` and features for tests, modules like `test_utils`, packages in folders like `fuzz`, `tests/app` and `test-utils`)",
        "type": "object",
        "properties": { "level": {
            "description": "off: only rules about tests; reduced (the default): also what is denied by default, locks and captures; same: as other code",
            "enum": ["off", "reduced", "same"],
        } },
        "additionalProperties": false,
    });
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "linger.toml",
        "description": "Configuration of cargo linger",
        "type": "object",
        "properties": {
            "rules": { "description": "levels and options of rules, levels of groups", "type": "object", "properties": rules, "additionalProperties": false },
            "exclude": { "description": "globs of files to leave out, relative to this file", "type": "array", "items": { "type": "string" } },
            "tests": tests,
            "overrides": {
                "description": "other settings for some paths",
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
                        "paths": globs,
                        "rules": { "type": "object", "properties": levels_only, "additionalProperties": false },
                        "tests": tests,
                    },
                    "required": ["paths"],
                    "additionalProperties": false,
                },
            },
            "catalogue": catalogue(),
            "require_reason": { "description": "every suppression must give a reason", "type": "boolean" },
            "edition": { "description": "edition of files outside of any package", "enum": [2015, 2018, 2021, 2024] },
            "baseline": { "description": "the baseline, relative to this file", "type": "string" },
        },
        "additionalProperties": false,
        "$defs": { "level": { "enum": ["allow", "warn", "deny", "forbid"] } },
    })
}

/// The entries as the catalogue reads them.
fn catalogue() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.inline_subschemas = true;
        settings.meta_schema = None;
    });
    let mut schema = settings.into_generator().into_root_schema_for::<Written>().to_value();
    if let Some(schema) = schema.as_object_mut() {
        schema.remove("title");
        let what = "what linger should know of other APIs, with the keys of its own catalogue";
        schema.insert("description".to_owned(), json!(what));
    }
    schema
}
