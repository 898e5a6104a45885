//! The schema of the JSON report, made from the types of [`report`](crate::report): `docs/report.schema.json`.
//!
//! `UPDATE_SCHEMA=1 cargo test --lib schema` writes it anew. It is looked at before it is committed: what it takes away
//! or changes raises `SCHEMA_VERSION` (docs/stability.md).

use std::{env, fs};

use schemars::generate::SchemaSettings;
use serde_json::{Value, json};

use super::Document;
use crate::render::{Style, fixture, tests::rendered};
use crate::report::SCHEMA_VERSION;

const FILE: &str = "docs/report.schema.json";

fn generated() -> Value {
    let generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    let mut schema = generator.into_root_schema_for::<Document<'static>>().to_value();
    schema["title"] = format!("whylate report, schema_version {SCHEMA_VERSION}").into();
    schema["properties"]["schema_version"]["const"] = SCHEMA_VERSION.into();
    schema
}

fn committed() -> Value {
    let text = fs::read_to_string(FILE).expect("the schema is in docs/");
    serde_json::from_str(&text).expect("JSON")
}

#[test]
fn the_schema_is_that_of_the_types() {
    let generated = generated();
    if env::var_os("UPDATE_SCHEMA").is_some() {
        let text = serde_json::to_string_pretty(&generated).expect("JSON");
        fs::write(FILE, text + "\n").expect("writable");
    }
    assert_eq!(committed(), generated, "docs/report.schema.json is not that of the types: see docs/stability.md");
}

#[test]
fn every_report_is_valid() {
    let validator = jsonschema::validator_for(&generated()).expect("a schema");
    let reports = [
        fixture::one(),
        fixture::many(),
        fixture::broken(),
        fixture::undetermined(),
        fixture::healthy(),
        fixture::hostile(),
    ];
    for report in &reports {
        for tables in [true, false] {
            let style = Style { tables, ..Style::default() };
            let json: Value = serde_json::from_str(&rendered(report, &style, "json")).expect("JSON");
            let errors: Vec<String> =
                validator.iter_errors(&json).map(|error| format!("{}: {error}", error.instance_path())).collect();
            assert_eq!(errors, Vec::<String>::new());
        }
    }
}

#[test]
fn a_field_that_is_renamed_or_null_is_found() {
    let validator = jsonschema::validator_for(&generated()).expect("a schema");
    let json: Value = serde_json::from_str(&rendered(&fixture::one(), &Style::default(), "json")).expect("JSON");
    for (pointer, value) in [
        ("/failures", Value::Null),
        ("/verdict/confidence", "sure".into()),
        ("/failures/0/awaited/0/stages/0/took", json!({"lo": 1})),
        ("/schema_version", (SCHEMA_VERSION + 1).into()),
    ] {
        let mut wrong = json.clone();
        *wrong.pointer_mut(pointer).expect("a field") = value;
        assert!(!validator.is_valid(&wrong), "{pointer}");
    }
    let mut more = json;
    more["verdict"]["added_later"] = true.into();
    assert!(validator.is_valid(&more), "fields may be added");
}
