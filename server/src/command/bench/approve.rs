//! The round trip of an approval: propose, see it pending, approve, find it handed to the channel.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::capture::enquiry;
use super::load::{self, Times};
use super::served::{Folder, Served};
use super::{Figure, LoadArgs, machine, rate};
use crate::app::StartError;
use crate::client::{Client, Reply};

/// The legs, in order.
const LEGS: [&str; 4] = ["approve.propose", "approve.visible", "approve.decide", "approve.dispatched"];
/// Longest that one message may take to be handed over.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long a caller waits before it looks again whether the message went out.
const LOOK_AGAIN: Duration = Duration::from_millis(4);
/// Proposals on one lead before the caller goes on with another; a lead of a hundred letters is nobody's.
const PER_LEAD: u64 = 4;

/// Runs the measurement and prints its figures.
///
/// # Errors
/// When the server does not start or refuses a step.
pub async fn run(args: LoadArgs) -> Result<(), StartError> {
    let folder = Folder::fresh(args.data.as_deref())?;
    let served = Served::start(folder, args.database).await?;
    let wire = machine::round_trips(&served.address, args.clients).await?;
    let until = Instant::now() + Duration::from_secs(args.seconds);
    let (brought, time) = load::all(args.clients, |caller| {
        let caller = Caller { number: caller as u64, until };
        caller.work(served.address.clone(), served.agent.clone(), served.manager.clone())
    })
    .await?;
    let mut legs: [Times; LEGS.len()] = Default::default();
    for times in brought {
        legs.iter_mut().zip(times).for_each(|(all, times)| all.add(times));
    }
    let [.., last] = &legs;
    let speed = rate(last.count(), time);
    Figure::new("approve", speed, "round trips/s", &wire).with_memory(served.memory()).print()?;
    for (name, times) in LEGS.into_iter().zip(&legs) {
        Figure::new(name, rate(times.count(), time), "/s", &wire).with_times(times).print()?;
    }
    Ok(())
}

struct Caller {
    number: u64,
    until: Instant,
}

impl Caller {
    async fn work(
        self,
        address: String,
        agent: String,
        manager: String,
    ) -> Result<[Times; LEGS.len()], StartError> {
        let mut agent = Client::connect(&address, Some(&agent)).await?;
        let mut manager = Client::connect(&address, Some(&manager)).await?;
        let mut legs: [Times; LEGS.len()] = Default::default();
        let mut lead = String::new();
        for round in 0.. {
            if Instant::now() >= self.until {
                break;
            }
            if round % PER_LEAD == 0 {
                let reply = agent.post("/v1/leads", &enquiry(self.number * 1_000_000 + round)).await?;
                lead = text(&expect(reply, 201)?, "/lead/id");
            }
            let times = round_trip(&mut agent, &mut manager, &lead, round).await?;
            legs.iter_mut().zip(times).for_each(|(leg, time)| leg.note(time));
        }
        Ok(legs)
    }
}

async fn round_trip(
    agent: &mut Client,
    manager: &mut Client,
    lead: &str,
    round: u64,
) -> Result<[Duration; LEGS.len()], StartError> {
    let mut clock = Instant::now();
    let mut lap = || std::mem::replace(&mut clock, Instant::now()).elapsed();
    let content =
        json!({ "subject": "Your enquiry", "text": format!("Good day, the pumps are in stock ({round}).") });
    let action =
        json!({ "step": "message.reply", "lead": lead, "content": content, "reason": "a measured reply" });
    let proposed = expect(agent.post("/v1/actions", &action).await?, 202)?;
    let propose = lap();
    let (action, proposal) = (text(&proposed, "/action"), text(&proposed, "/proposal"));
    let pending = expect(manager.get(&format!("/v1/proposals/{proposal}")).await?, 200)?;
    let visible = lap();
    let decision = json!({ "decision": "approve", "commitment": pending["commitment"], "seen_ms": 9_000 });
    let decided = expect(manager.post(&format!("/v1/proposals/{proposal}/decision"), &decision).await?, 200)?;
    let decide = lap();
    if text(&decided, "/proposal/state") != "approved" {
        return Err(StartError::Other(format!("the approval was answered {decided}")));
    }
    let patience = Instant::now() + PATIENCE;
    loop {
        let seen = expect(agent.get(&format!("/v1/actions/{action}")).await?, 200)?;
        if text(&seen, "/state") == "done" {
            return Ok([propose, visible, decide, lap()]);
        }
        if Instant::now() > patience {
            return Err(StartError::Other(format!("the message did not go out: {seen}")));
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

fn expect(reply: Reply, status: u16) -> Result<Value, StartError> {
    if reply.status == status {
        return Ok(reply.json()?);
    }
    let words = String::from_utf8_lossy(&reply.body).into_owned();
    Err(StartError::Other(format!("answered {} instead of {status}: {words}", reply.status)))
}

fn text(value: &Value, pointer: &str) -> String {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
}
