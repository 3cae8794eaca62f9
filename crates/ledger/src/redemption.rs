//! A coupon is redeemed once by a passenger, or as often as it says.
//!
//! A quote or a trip reserves it until a moment, and a bill posts it. What is reserved and not posted is void from that moment on, without
//! anybody doing anything. Nobody is refused for having come too late when the coupon is still there: a ride may take longer than its reservation.
//!
//! Moments are seconds since 1970, and come from one clock.

/// What is kept for a coupon and a passenger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redemption {
    /// How often it may be redeemed, at least once.
    times: u32,
    /// In the order in which they came. Never more than `times`.
    uses: Vec<Use>,
}

/// One of the times that it may be redeemed.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Use {
    /// A quote or a trip.
    holder: String,
    state: State,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum State {
    /// Void from `until` on.
    Reserved { until: u64 },
    /// For good.
    Posted { trip: String },
}

/// What is asked. A holder is the identifier of a quote or of a trip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command<'a> {
    /// Keeps it for a holder. One that has it reserved has it for as long as it was told first.
    Reserve {
        /// Whom it is kept for.
        holder: &'a str,
        /// The moment when it is free again.
        until: u64,
        /// The moment when this is asked.
        now: u64,
    },
    /// Redeems it for a trip, by what the holder has reserved, or by what nobody has.
    Post {
        /// Who may have reserved it.
        holder: &'a str,
        /// What it is redeemed for.
        trip: &'a str,
        /// The moment when this is asked.
        now: u64,
    },
    /// A holder does not want it any more. What is posted stays.
    Release {
        /// Who may have reserved it.
        holder: &'a str,
        /// The moment when this is asked.
        now: u64,
    },
}

/// What is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// The holder has it.
    Reserved {
        /// The moment when it is free again.
        until: u64,
    },
    /// It is redeemed.
    Posted {
        /// What for.
        trip: String,
    },
    /// The holder has nothing reserved.
    Released,
    /// The reservation would have been over before it began.
    Late,
    /// Others have all of it.
    Denied {
        /// Who: whose reservation ends first, or else the trip that it was redeemed for last.
        by: String,
        /// When that reservation is over, and it may be asked for again; `None` where all of it is redeemed for good.
        until: Option<u64>,
    },
}

impl Redemption {
    /// Nobody has redeemed it yet, and it may be redeemed so often. What may never be redeemed is no coupon: 0 counts as once.
    pub fn new(times: u32) -> Self {
        Self { times: times.max(1), uses: Vec::new() }
    }

    /// How often it was redeemed.
    pub fn posted(&self) -> usize {
        self.uses.iter().filter(|used| matches!(used.state, State::Posted { .. })).count()
    }

    fn is_free(&self) -> bool {
        u32::try_from(self.uses.len()).is_ok_and(|uses| uses < self.times)
    }

    fn denied(&self) -> Reply {
        let reserved = self.uses.iter().filter_map(|used| match used.state {
            State::Reserved { until } => Some((until, &used.holder)),
            State::Posted { .. } => None,
        });
        match (reserved.min(), self.uses.last()) {
            (Some((until, holder)), _) => Reply::Denied { by: holder.clone(), until: Some(until) },
            (None, last) => Reply::Denied { by: last.map_or(String::new(), Use::by), until: None },
        }
    }
}

impl Use {
    fn by(&self) -> String {
        match &self.state {
            State::Reserved { .. } => self.holder.clone(),
            State::Posted { trip } => trip.clone(),
        }
    }
}

/// Does what is asked.
pub fn step(mut redemption: Redemption, command: Command<'_>) -> (Redemption, Reply) {
    let (Command::Reserve { now, .. } | Command::Post { now, .. } | Command::Release { now, .. }) = command;
    redemption.uses.retain(|used| !matches!(used.state, State::Reserved { until } if until <= now));
    let reply = match command {
        Command::Reserve { holder, until, now } => reserve(&mut redemption, holder, until, now),
        Command::Post { holder, trip, .. } => post(&mut redemption, holder, trip),
        Command::Release { holder, .. } => {
            let is_reserved = |used: &Use| used.holder == holder && matches!(used.state, State::Reserved { .. });
            redemption.uses.retain(|used| !is_reserved(used));
            Reply::Released
        }
    };
    (redemption, reply)
}

fn reserve(redemption: &mut Redemption, holder: &str, until: u64, now: u64) -> Reply {
    match redemption.uses.iter().find(|used| used.holder == holder).map(|used| &used.state) {
        Some(State::Reserved { until }) => Reply::Reserved { until: *until },
        Some(State::Posted { trip }) => Reply::Posted { trip: trip.clone() },
        None if until <= now => Reply::Late,
        None if redemption.is_free() => {
            redemption.uses.push(Use { holder: holder.to_owned(), state: State::Reserved { until } });
            Reply::Reserved { until }
        }
        None => redemption.denied(),
    }
}

/// A trip is posted once, whichever holder it comes with: its bill is made again with another quote, or without one.
fn post(redemption: &mut Redemption, holder: &str, trip: &str) -> Reply {
    let posted = State::Posted { trip: trip.to_owned() };
    let done = Reply::Posted { trip: trip.to_owned() };
    if redemption.uses.iter().any(|used| used.state == posted) {
        return done;
    }
    let is_free = redemption.is_free();
    let reserved =
        redemption.uses.iter_mut().find(|used| used.holder == holder && matches!(used.state, State::Reserved { .. }));
    match reserved {
        Some(used) => used.state = posted,
        None if is_free => redemption.uses.push(Use { holder: holder.to_owned(), state: posted }),
        None => return redemption.denied(),
    }
    done
}
