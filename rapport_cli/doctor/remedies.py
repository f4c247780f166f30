"""What to do about each kind of trouble; docs/operations.md has a section for every one."""

from rapport_cli.doctor.findings import Remedy

BROKER_DOWN = Remedy("Start the broker; the services come back by themselves.", "broker-down")
BROKER_ALARM = Remedy(
    "Give the broker memory or disk; until then nothing is published, and nothing is lost.",
    "broker-alarm",
)
BROKER_SPLIT = Remedy("Bring the broker's nodes together again.", "broker-down")
BROKER_DIFFERS = Remedy("Run `rapport topology apply`, then `rapport doctor`.", "broker-differs")
NOBODY_CONSUMES = Remedy("Look why the service does not run: its log.", "process-ended")
PARTNER_WAITS = Remedy(
    "Tell the partner; when its queue is full the oldest messages go.", "partner-stands-still"
)
PARKED = Remedy(
    "Read `rapport parked list SERVICE`, mend the cause, then replay or drop.", "parked-messages"
)
DATABASE_DOWN = Remedy("Start the database; services wait for it.", "database-down")
MIGRATE = Remedy("Run `rapport migrate`, then start the service.", "migrations")
OUTBOX_WAITS = Remedy(
    "Look at the broker and at the service's readiness; the events leave by themselves.",
    "outbox-grows",
)
TIMER_LATE = Remedy("Look whether the service runs and leads its database.", "timers-late")
TIMER_STUCK = Remedy(
    "Mend the reason in `rapport timers list --stuck`, then `rapport timers retry`.", "timers-late"
)
PROCESS_STUCK = Remedy(
    "Read the error in `rapport processes show`, mend it, then `rapport processes retry`.",
    "stuck-process",
)
PROCESS_WAITS = Remedy("Look whether the service runs and leads its database.", "stuck-process")
MERGE_WAITS = Remedy(
    "Look at each service that is named: whether it runs, what it has parked, what is stuck.",
    "merge-overdue",
)
COPY_INCOMPLETE = Remedy(
    "It reads on by itself when the owner answers; look at the owner.", "copy-incomplete"
)
PROCESS_DOWN = Remedy("Read the end of its log and start it.", "process-ended")
NOT_READY = Remedy("Mend what it names; it takes work again by itself.", "process-ended")
CLOCK_APART = Remedy(
    "Set the clock by NTP; beyond five minutes tokens are refused.", "clocks-apart"
)
WRONG_KEY = Remedy(
    "Put the public key that belongs to the private one into every service's directory, restart.",
    "forgery-and-keys",
)
CERTIFICATE_ENDS = Remedy("Renew the broker's certificate.", "forgery-and-keys")
LOG_GAP = Remedy(
    "Rebuild the warehouse from its archive, or accept the gap and compare with the books.",
    "log-gap",
)
WAREHOUSE_DOWN = Remedy("Read the warehouse's log and start it.", "warehouse")
WAREHOUSE_BEHIND = Remedy("Look at what it says of the log; it catches up by itself.", "warehouse")
QUARANTINE = Remedy("Mend the code that refused them, then rebuild the warehouse.", "warehouse")
