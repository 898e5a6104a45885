//! VALIDATE-DROP: the client's own validation refused the event.

use super::{Cause, Examined, not_taken};

use crate::correlate::Seen;
use crate::correlate::journeys::Case;
use crate::correlate::replay::Fate;
use crate::report::Family;
use crate::sighting::{StoreEvent, What};

/// The client's validation refused the event.
pub static VALIDATE_DROP: Cause = Cause {
    code: "validate-drop",
    family: Family::Other,
    title: "The client's validation refused the event",
    manual: MANUAL,
    examine,
    sentence,
    fix,
};

const MANUAL: &str = r#"# validate-drop

The client's own validation refused the event, so it was never buffered.
Family: other.

## What happened
StoreAudit checks an event against the embedded OpenAPI document before it
sends it into the channel. A field was missing, too short or not allowed, or
the embedded document is older than the code. The call returned an error.

## How it is told
After "StoreAudit called" for the awaited pair the same call prints "Invalid
audit event (OpenAPI validation)", or an older wording of it, with the field
that failed. The link `validated` is absent, and timing is not blamed. Where
calls are not printed (since April 2026), a refusal in the failing spec's own
block makes it likely: the line names neither type nor id.

## What rules it out
- "Event buffered successfully" for the awaited event.
- A later link that was seen: the event passed the validation.

## What it is confused with
- `reject-4xx`: there the event was buffered, and the server refused its
  whole batch after the flush. Here one event is lost, before the flush.
- `emit-never`: there no call stands in the log at all.
- `buffer-full`, `store-closed`: the lines after the call say so.

## What to do
In the test: if the spec builds the event, fill the field that is named.
In the service: fill the field before the call, and do not ignore the error
that StoreAudit returns.
In the server: nothing; but keep the client's document the same as its own.
Mending this can uncover a refusal by the server's document (`reject-4xx`).

## An example
    13:50:20-05:00 … StoreAudit called … "aianalysis.rego.evaluation",
      "event_action":"" …
    13:50:20-05:00 … Invalid audit event (OpenAPI validation) …
      … Error at \"/event_action\": minimum string length is 1 …
The action was empty; no buffered line follows.

## What would overturn it
A second call for the same pair that was buffered before the last look.
"#;

fn examine(case: &Case<'_>) -> Examined {
    let mut examined = not_taken(case, Fate::Refused, "the client's validation refused it");
    for seen in case.refusals_of_unseen_calls() {
        let error = case.refusal(seen).unwrap_or_default();
        let text = format!("validation refused an event of this spec's process: {error}");
        examined.supporting.push(case.evidence(text, [seen]));
    }
    examined
}

fn sentence(case: &Case<'_>) -> String {
    let name = case.awaited_name();
    if !case.refusals_of_unseen_calls().is_empty() {
        return format!("an event was refused by the store's validation while the test waited for {name}.");
    }
    format!("{name} was handed to the store and refused by its validation, so it was never buffered.")
}

fn fix(_: &Case<'_>) -> (String, Option<&'static str>) {
    ("Fill the field that the validation names before the event is handed to the store; the store prints the refusal once and keeps nothing.".to_owned(), None)
}

impl Case<'_> {
    /// Refusals in the failing block, where the calls that they end are not printed.
    fn refusals_of_unseen_calls(&self) -> Vec<Seen> {
        if self.visible.calls || self.journeys.iter().any(|journey| journey.event.is_some()) {
            return Vec::new();
        }
        let block = &self.world.output.blocks[self.failed.block];
        let lines = block.range.clone().map(|index| Seen { file: block.file, index });
        lines.filter(|seen| self.refusal(*seen).is_some()).collect()
    }

    /// Why an event was refused, by the line that says so; only its first line.
    pub fn refusal(&self, seen: Seen) -> Option<String> {
        match &self.world.files[seen.file].sightings[seen.index].what {
            What::Store(line) => match &line.event {
                StoreEvent::Refused { error } => error.split("\\n").next()?.lines().next().map(str::to_owned),
                _ => None,
            },
            _ => None,
        }
    }
}
