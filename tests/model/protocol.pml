/* The protocol between controllers and agents, for two hosts and one fault.
 *
 * Time is a count of ticks; within a tick, whatever can happen happens in any order.
 * An event is one d_step: what a process does in one turn of its event loop. Where it
 * may die in the middle, there is a DIES(n): the world chooses n beforehand.
 *
 * The network is the set of what was ever sent: a request can be delivered at any time
 * from then on, any number of times, in any order, or never. Answers (and Watch, and
 * Describe) are one event, HEAR: the controller learns what the agent holds. It can be
 * late or never come; with LATE it can also be as old as it likes.
 *
 * Each guard of the protocol is taken out by -DNO_<GUARD>: see run.py. An assertion
 * then fails.
 */

/* ---- Bounds; run.py gives other ones by -D. In ticks. */
#ifndef T0
#define T0 1        /* The start instant; the record and Stage come at 0. */
#endif
#ifndef FIRST
#define FIRST 1     /* E0 - T0 */
#endif
#ifndef INTERVAL
#define INTERVAL 1
#endif
#ifndef LEASE
#define LEASE 3
#endif
#ifndef LENGTH
#define LENGTH 5    /* --for */
#endif
#ifndef ERROR
#define ERROR 0     /* How well clocks are known; host 1's is off by this much. */
#endif
#ifndef ROUND
#define ROUND 2     /* Within this a keep-alive is acknowledged. */
#endif
#ifndef CRASHES
#define CRASHES 1   /* Of agents and hosts together. */
#endif
#ifndef SLEEPS
#define SLEEPS 0    /* An agent is stopped, and goes on later. */
#endif
#ifndef STEPS
#define STEPS 1     /* The wall clock of one host is set. */
#endif
#ifndef LATCHES
#define LATCHES 0
#endif
#ifndef SECOND
#define SECOND 1    /* 1: a second controller, after the first; 2: also beside it. */
#endif
#define END (T0 + LENGTH)
#define E0 (FIRST < LENGTH -> T0 + FIRST : END)
#define STAGE_BY 1
#define STAGED_LIFE 3                     /* Time to live of what is staged. */
#define STONE_LIFE (STAGE_BY + 1 + ERROR) /* Longer than any not-after. */
#define REACH 2
#define HORIZON (T0 + FIRST > LEASE -> T0 + FIRST : LEASE)
#define LAST (END + HORIZON + 2 * ERROR + 1)
#define JUMP 2

/* run.py wants each of these to be reached. It changes nothing. */
#define SEEN(what) c_code { \
  static int seen_; \
  if (!seen_) { seen_ = 1; printf("seen: %s\n", #what); } }
#define SEE(what, condition) if :: condition -> SEEN(what) :: else fi

#ifdef NO_UNCERTAINTY
#define LATEST(t) (t)
#else
#define LATEST(t) ((t) + ERROR)
#endif
#define CLIPPED(t) ((t) < END -> (t) : END)

/* ---- Kernel */
#define ABSENT 0
#define SHUT 1
#define TIMED 2
#define OPEN 3
/* ---- What an agent holds */
#define NOTHING 0
#define STAGED 1
#define ARMED 2
#define IN_FORCE 3
/* ---- A process */
#define DEAD 0
#define RUNS 1
#define ASLEEP 2
/* ---- What an agent sleeps in */
#define IDLE 0
#define ARMING_OP 1
#define OPENING_OP 2
#define REFRESH_OP 3
/* ---- How a host's fault ended: by time, or by somebody */
#define LIVES 0
#define RAN_OUT 1
#define CUT 2
/* ---- A controller */
#define OFF 0
#define RECORDING 1
#define STAGING 2
#define ARMING 3
#define HOLDING 4
#define ADOPTING 5
#define HEALING 6
#define ENDED 7
#define SUPERSEDED 8
#define CRASHED 9
/* ---- The store */
#define UNKNOWN 0
#define LIVING 1
#define ENDING 2
#define FINAL 3

typedef Host {
  /* The kernel. */
  unsigned gate : 2;
  unsigned lease : 5;   /* The element is there while now < lease. */
  unsigned wall : 2;    /* Since Arm the wall clock went 1: forth, 2: back. */
  bit latch;
  /* The agent's memory. */
  unsigned runs : 2;
  unsigned life : 2;    /* Incarnation. */
  bit term;             /* The highest that it heard: 0 the first controller's. */
  unsigned state : 2;
  unsigned number : 3;
  unsigned expiry : 5;
  unsigned ttl : 3;
  unsigned stone : 3;   /* Tombstone: ticks until it is forgotten. */
  unsigned op : 2;      /* What it sleeps in, */
  unsigned op_number : 3;
  unsigned op_expiry : 5;
  unsigned op_left : 4; /* and the lease that it had computed. */
  bit stepped;          /* The clock was set while it slept. */
  /* Its record on disk. */
  bit disk_term;
  bit disk_in_force;
  unsigned disk_number : 3;
  bit disk_stone;
  /* Only for the assertions. */
  unsigned fate : 2;
  bit obeyed;           /* The second controller was. */
#ifdef NO_INCARNATION
  unsigned boot : 5;    /* CLOCK_BOOTTIME begins anew. */
#endif
}

/* What a controller knows of a host. */
typedef Part {
  unsigned life : 2;    /* Incarnation; UNHEARD. */
  unsigned sent_to : 2; /* Which one the last keep-alive was sent to. */
  bit staged;
  bit armed;
  bit in_force;
  bit described;
  unsigned gone : 2;    /* CONFIRMED, BY_TIME */
  unsigned acked : 3;
  unsigned floor : 5;
  unsigned bound : 5;
}
#define UNHEARD 3
#define CONFIRMED 1
#define BY_TIME 2

typedef Controller {
  unsigned phase : 4;
  unsigned number : 3;
  unsigned expiry : 5;
  unsigned round : 5;   /* Not-after of the keep-alive. */
  bit whole;
  bit heals;            /* Heal was sent. */
  unsigned began : 5;
  Part at[2];
}

#ifdef LATE
/* An answer on its way. */
typedef Answer {
  bit there;
  unsigned life : 2;
  bit term;
  unsigned state : 2;
  unsigned number : 3;
  unsigned expiry : 5;
  bit stone;
}
Answer answer[4];
#endif

unsigned now : 5;
Host host[2];
Controller ctl[2];
unsigned store : 2 = UNKNOWN;
bit staged_sent, armed_sent;          /* By controller 0; */
unsigned sent_to0 : 2, sent_to1 : 2;  /* to which incarnation. */
unsigned crashes : 2 = CRASHES;
bit ctl_crash = 1;                    /* Controller 1 may die, too. */
unsigned sleeps : 1 = SLEEPS;
unsigned steps : 1 = STEPS;
unsigned latches : 1 = LATCHES;
/* Only for the assertions. */
unsigned permitted : 5;               /* The latest expiry that was ever sent. */
unsigned partial : 4;                 /* Ticks for which one host alone has dropped. */
bit over;                             /* HEALED, EXPIRED or FAILED was said. */
bit both;                             /* Two controllers lived at one time. */
bit finished;

/* ---- The event that was chosen, and scratch: all zero between two events. (Not
   hidden: Spin does not restore what is hidden as it backs out of a d_step.) */
unsigned ev : 5;
unsigned h : 1, c : 1;                /* The host and the controller. */
unsigned die : 4, die_at : 1;         /* Where in the event which agent dies. */
unsigned arg : 2, ok : 1, x : 5, y : 5, remains : 5;
unsigned heard : 2, learns : 2;       /* By whom; 2: by nobody. */
unsigned opening : 1, ending : 2, each : 1;
unsigned s_life : 2, s_term : 1, s_state : 2, s_number : 3, s_expiry : 5, s_stone : 1;

#define TICK 1
#define PERSISTED 2
#define STAGE 3
#define ARM 4
#define KEEP_ALIVE 5
#define HEAL 6
#define HEAR 7
#define ANSWER 8
#define AGENT_DIES 9
#define AGENT_STARTS 10
#define REBOOT 11
#define SLEEP 12
#define WAKE 13
#define CLOCK_SET 14
#define LATCH 15
#define CONTROLLER_DIES 16
#define SECOND_STARTS 17
#define ASKED_TO_HEAL 18
#define FINISH 19
#define DESCRIBE 20

#ifdef NO_INCARNATION
#define BOOT(i) host[i].boot
#define CLOCK_BEGINS_ANEW(i) host[i].boot = now
#else
#define BOOT(i) 0
#define CLOCK_BEGINS_ANEW(i) skip   /* Who obeys no earlier life reads no old instant. */
#endif
#ifdef NO_EARLIER_LIFE
#define EARLIER_LIFE 0
#else
#define EARLIER_LIFE (HORIZON + ERROR)   /* What the first may have sent is over by then. */
#endif
#ifdef BEHIND
#define SKEW(i) (i == 1 -> 0 - ERROR : 0)
#else
#define SKEW(i) (i == 1 -> ERROR : 0)
#endif
#define CLOCK(i) (now + SKEW(i) - BOOT(i))           /* The agent's CLOCK_BOOTTIME, */
#define TRUE_TIME(i, t) ((t) - SKEW(i) + BOOT(i))    /* and back. */
#define WALL(i) (CLOCK(i) + (host[i].wall == 1 -> JUMP : 0) - (host[i].wall == 2 -> JUMP : 0))
#define ALIVE(i) (host[i].lease > now)
#define DROPS(i) (ALIVE(i) && (host[i].gate == OPEN || \
    (host[i].gate == TIMED && WALL(i) >= T0 && WALL(i) < E0)))
#define SENT_TO(i) (i == 0 -> sent_to0 : sent_to1)
#define LIVING_PHASE(k) (ctl[k].phase >= RECORDING && ctl[k].phase <= HEALING)

/* ============================================================ the agent */

inline ForgetMemory() {
  host[h].state = NOTHING; host[h].number = 0; host[h].expiry = 0; host[h].ttl = 0;
  host[h].stone = 0; host[h].term = 0; host[h].op = IDLE; host[h].op_number = 0;
  host[h].op_expiry = 0; host[h].op_left = 0; host[h].stepped = 0;
}

/* Here host `die_at` dies, if that was chosen. */
#define DIES(n) if \
  :: die == n && die_at == h -> printf("%d  agent %d dies\n", now, h); host[h].runs = DEAD \
  :: else fi
#define UP (host[h].runs == RUNS)

inline WriteRecord() {
  host[h].disk_in_force = (host[h].state == IN_FORCE);
  host[h].disk_number = (host[h].state == IN_FORCE -> host[h].number : 0);
  host[h].disk_stone = (host[h].stone > 0);
}

/* What agent h holds goes to controller k (0, 1; 2: it is lost). */
inline Speak(k) {
  if
  :: k < 2 ->
    learns = k;
    s_life = host[h].life; s_term = host[h].term; s_state = host[h].state;
    s_number = host[h].number; s_expiry = host[h].expiry; s_stone = (host[h].stone > 0)
  :: else
  fi
}

/* core_jobs.cc: End, through Bury. Shut, then removed, read back, said, recorded. */
inline EndFault() {
  if
  :: UP && (host[h].state != NOTHING || host[h].gate != ABSENT) ->
    /* What was only staged may come again, to a host that rebooted since. */
    if
    :: host[h].fate == LIVES && (host[h].gate >= TIMED || ev == HEAL) ->
      host[h].fate = ending
    :: else
    fi;
    if :: host[h].gate != ABSENT -> host[h].gate = SHUT; host[h].wall = 0 :: else fi;
    printf("%d  agent %d shuts the gate and ends the fault\n", now, h);
    DIES(1);
    if
    :: UP ->
      host[h].gate = ABSENT; host[h].lease = 0;
      DIES(2)
    :: else
    fi;
    if
    :: UP ->
      host[h].state = NOTHING; host[h].number = 0; host[h].expiry = 0; host[h].ttl = 0;
#ifndef NO_TOMBSTONE
      host[h].stone = STONE_LIFE;
#endif
      Speak(heard);   /* Before it is recorded. */
      DIES(3)
    :: else
    fi;
    if :: UP -> WriteRecord() :: else fi
  :: else
  fi
}

/* LatchedKernel: before every commit. */
inline Latched() {
#ifdef NO_LATCH
  ok = 1
#else
  ok = !host[h].latch;
  if :: !ok -> printf("%d  agent %d: latched\n", now, h); ending = CUT :: else fi
#endif
}

/* kernel: Open, and the core reads back. */
inline OpenGate() {
  Latched();
  if
  :: ok ->
#ifndef NO_OPEN
    if :: host[h].gate == TIMED -> host[h].gate = OPEN; host[h].wall = 0 :: else fi;
    printf("%d  agent %d: gate open\n", now, h);
#endif
    DIES(4);
    if
    :: UP && host[h].gate >= TIMED && ALIVE(h) ->
      host[h].state = IN_FORCE;
      printf("%d  agent %d: read back, IN_FORCE\n", now, h);
      Speak(heard);
      DIES(5);
      if :: UP -> WriteRecord() :: else fi
    :: UP && !(host[h].gate >= TIMED && ALIVE(h)) -> ending = RAN_OUT
    :: else
    fi
  :: else
  fi
}

/* What is due: core_jobs.cc, Settle. */
inline Settle() {
  if
  :: ending || opening -> skip
  :: !ending && !opening && UP && host[h].state >= ARMED && host[h].expiry <= CLOCK(h) -> ending = RAN_OUT
#ifndef NO_TTL
  :: !ending && !opening && UP && host[h].state == STAGED && host[h].ttl <= CLOCK(h) -> ending = CUT
#endif
  :: !ending && !opening && UP && host[h].state == ARMED && host[h].expiry > CLOCK(h) && T0 <= CLOCK(h) ->
    if
    :: sleeps > 0 && die == 9 && die_at == h ->
      sleeps = 0; host[h].runs = ASLEEP; host[h].op = OPENING_OP;
      printf("%d  agent %d is stopped as it opens the gate\n", now, h)
    :: else -> opening = 1
    fi
  :: else
  fi
}

inline Stepped() {
#ifdef NO_STEP
  skip
#else
  if
  :: UP && host[h].state == ARMED ->
    printf("%d  agent %d: the wall clock was set before the start\n", now, h);
    ending = CUT
  :: else
  fi
#endif
}

inline NoteTerm(term_) {
  if
  :: term_ > host[h].term ->
    host[h].term = term_;
#ifndef NO_TERM_RECORD
    host[h].disk_term = term_;
#endif
  :: else
  fi
}

/* core.cc: HearTerm. */
inline Describe() {
#ifdef NO_DESCRIBE_FENCES
  skip
#else
  NoteTerm(c)
#endif
}

/* core_calls.cc: CheckCaller. */
inline Admit(term_, life_, not_after) {
  ok = 1;
#ifndef NO_TERM
  if :: term_ < host[h].term -> ok = 0; SEEN(LOWER_TERM) :: else fi;
#endif
#ifndef NO_INCARNATION
  if :: ok && life_ != host[h].life -> ok = 0; SEEN(EARLIER_LIFE_REFUSED) :: else fi;
#endif
#ifndef NO_NOT_AFTER
  if :: not_after < CLOCK(h) -> ok = 0 :: else fi;
#endif
  if
  :: ok -> NoteTerm(term_)
  :: else
  fi;
  if
  :: ok ->
    /* A lower term is never obeyed after a higher one. */
    assert(term_ == 1 || !host[h].obeyed);
    host[h].obeyed = term_;
    DIES(6);
    ok = UP
  :: else -> printf("%d  agent %d refuses controller %d\n", now, h, c)
  fi
}

inline DoStage() {
  x = SENT_TO(h);
  Admit(c, x, STAGE_BY);
  if
  :: ok && host[h].state == NOTHING && host[h].stone == 0 ->
    Latched();
    if
    :: ok ->
      /* What has ended at a host is never staged there again. */
      assert(host[h].fate == LIVES);
      host[h].gate = SHUT; host[h].lease = 0;
      printf("%d  agent %d: staged\n", now, h);
      DIES(4);
      if :: UP -> host[h].state = STAGED; host[h].ttl = now + STAGED_LIFE :: else fi
    :: else
    fi
  :: else -> SEE(STAGE_AFTER_HEAL, ok && host[h].stone > 0 && host[h].fate == CUT)
  fi
}

/* The commit of Arm; Shorten sees that a lease set late ends in time. */
inline CommitArm() {
  Latched();
  if
  :: ok && TRUE_TIME(h, E0) > now && host[h].gate == SHUT ->
    host[h].gate = TIMED; host[h].lease = TRUE_TIME(h, E0);
    printf("%d  agent %d: armed until %d\n", now, h, host[h].lease);
    DIES(4);
    if
    :: UP -> host[h].state = ARMED; host[h].expiry = E0; host[h].ttl = 0
    :: else
    fi
  :: ok && !(TRUE_TIME(h, E0) > now && host[h].gate == SHUT) -> ending = CUT
  :: else
  fi
}

#ifdef NO_ARM_NOT_AFTER
#define ARM_BY 31
#else
#define ARM_BY T0
#endif

inline DoArm() {
  x = SENT_TO(h);
  Admit(c, x, ARM_BY);
#ifndef NO_PAST
  ok = ok && T0 > CLOCK(h);
#endif
  if
  :: ok && host[h].state == STAGED && die == 9 && die_at == h && sleeps > 0 ->
    sleeps = 0; host[h].runs = ASLEEP; host[h].op = ARMING_OP;
    printf("%d  agent %d is stopped as it arms\n", now, h)
  :: ok && host[h].state == STAGED && !(die == 9 && die_at == h && sleeps > 0) ->
    /* Drops begin at T0 and at no other instant. */
    assert(CLOCK(h) <= T0);
    CommitArm()
  :: else
  fi
}

#ifdef NO_ENOENT
#define IS_THERE(i) 1
#else
#define IS_THERE(i) ALIVE(i)
#endif

/* The commit of a keep-alive: one batch that fails if the element has expired. */
inline CommitRefresh(number_, expiry_, left_) {
  Latched();
  if
  :: ok && host[h].gate >= TIMED && left_ > 0 && IS_THERE(h) ->
    host[h].lease = now + left_;
#ifndef NO_SHORTEN
    if
    :: host[h].lease > TRUE_TIME(h, expiry_) -> host[h].lease = TRUE_TIME(h, expiry_)
    :: else
    fi;
#endif
    if
    :: host[h].lease > now ->
      printf("%d  agent %d: keep-alive %d, until %d\n", now, h, number_, host[h].lease);
      DIES(4);
      if :: UP -> host[h].number = number_; host[h].expiry = expiry_ :: else fi
    :: else -> ending = RAN_OUT
    fi
  :: ok && !(host[h].gate >= TIMED && left_ > 0 && IS_THERE(h)) ->
    SEE(WAKES_TOO_LATE, ev == WAKE && !ALIVE(h));
    ending = RAN_OUT
  :: else
  fi
}

inline DoKeepAlive() {
  y = ctl[c].expiry;
#ifndef NO_CLIP
  y = CLIPPED(y);
#endif
  Admit(c, ctl[c].at[h].sent_to, ctl[c].round);
  ok = ok && host[h].state >= ARMED && ctl[c].number > host[h].number && y > CLOCK(h);
#ifdef NO_COMMON
  y = CLOCK(h) + LEASE;   /* Every agent counts from when it hears. */
#endif
  if
  :: ok && die == 9 && die_at == h && sleeps > 0 ->
    sleeps = 0; host[h].runs = ASLEEP; host[h].op = REFRESH_OP;
    host[h].op_number = ctl[c].number; host[h].op_expiry = y;
    host[h].op_left = y - CLOCK(h);
    printf("%d  agent %d is stopped as it renews the lease\n", now, h)
  :: ok && !(die == 9 && die_at == h && sleeps > 0) ->
    remains = y - CLOCK(h);
    CommitRefresh(ctl[c].number, y, remains)
  :: else
  fi
}

inline DoHeal() {
  Admit(c, host[h].life, 31);   /* To whoever lives there now. */
  if
  :: ok && (host[h].state != NOTHING || host[h].gate != ABSENT) -> ending = CUT
  :: ok && !(host[h].state != NOTHING || host[h].gate != ABSENT) ->
    if :: host[h].fate == LIVES -> host[h].fate = CUT :: else fi;
#ifndef NO_TOMBSTONE
    if :: host[h].stone == 0 -> host[h].stone = STONE_LIFE :: else fi;
#endif
    Speak(heard);
    DIES(3);
    if :: UP -> WriteRecord() :: else fi
  :: else
  fi
}

#ifdef NO_ADOPT_OPEN
#define ADOPTED_GATE TIMED
#else
#define ADOPTED_GATE OPEN
#endif
#ifdef NO_ADOPT_RECORD
#define IN_RECORD(i) 1
#else
#define IN_RECORD(i) host[i].disk_in_force
#endif

/* core.cc: Start. What is open, alive and in the record goes on. */
inline StartAgent() {
  host[h].runs = RUNS; host[h].life++; host[h].term = host[h].disk_term;
  if :: host[h].disk_stone -> host[h].stone = STONE_LIFE :: else fi;
  if
  :: host[h].gate >= ADOPTED_GATE && ALIVE(h) && IN_RECORD(h) && END > CLOCK(h) ->
    printf("%d  agent %d starts and adopts\n", now, h);
    SEEN(AGENT_ADOPTS);
    host[h].state = IN_FORCE; host[h].number = host[h].disk_number;
    host[h].expiry = host[h].lease + SKEW(h) - BOOT(h);
    WriteRecord()
  :: else ->
    printf("%d  agent %d starts\n", now, h);
    /* A gate that is there is one that was not to be: it is swept. */
    if :: host[h].gate != ABSENT -> ending = CUT :: else -> WriteRecord() fi
  fi;
  if :: UP && host[h].latch -> ending = CUT :: else fi
}

inline Wake() {
  printf("%d  agent %d goes on\n", now, h);
  host[h].runs = RUNS; x = host[h].op; host[h].op = IDLE;
  if
  :: x == ARMING_OP -> CommitArm()
  :: x == OPENING_OP -> opening = 1
  :: x == REFRESH_OP ->
    CommitRefresh(host[h].op_number, host[h].op_expiry, host[h].op_left)
  :: else
  fi;
  host[h].op_number = 0; host[h].op_expiry = 0; host[h].op_left = 0;
  if :: host[h].stepped -> host[h].stepped = 0; Stepped() :: else fi;
  if :: UP && host[h].latch -> ending = CUT :: else fi
}

/* ============================================================ the controller */

inline Forget(k) {
  ctl[k].at[0].staged = 0; ctl[k].at[0].armed = 0; ctl[k].at[0].in_force = 0;
  ctl[k].at[0].described = 0; ctl[k].at[0].acked = 0; ctl[k].at[0].floor = 0;
  ctl[k].at[0].bound = 0; ctl[k].at[0].gone = 0;
  ctl[k].at[1].staged = 0; ctl[k].at[1].armed = 0; ctl[k].at[1].in_force = 0;
  ctl[k].at[1].described = 0; ctl[k].at[1].acked = 0; ctl[k].at[1].floor = 0;
  ctl[k].at[1].bound = 0; ctl[k].at[1].gone = 0;
  ctl[k].whole = 0; ctl[k].began = 0
}

/* What is asked for may be obeyed though no answer comes, and end earlier. */
inline LowerFloor(k, i) {
#ifdef NO_LOWER_FLOOR
  skip
#else
  if
  :: ctl[k].at[i].floor > ctl[k].expiry - ERROR ->
    ctl[k].at[i].floor = ctl[k].expiry - ERROR
  :: else
  fi
#endif
}

/* agent_link.cc: Saw. Who lives there tells Describe alone. */
#define KNOWS(k) (ev == HEAR || ctl[k].at[h].life == s_life || \
                  ctl[k].phase == HEALING && ctl[k].at[h].life != UNHEARD)

/* From the scratch variables: what agent h held when it spoke. */
inline Learn(k) {
  if
  :: s_term > k && LIVING_PHASE(k) ->
    printf("%d  controller %d: superseded\n", now, k);
    ctl[k].phase = SUPERSEDED; Forget(k)
  :: s_term <= k && LIVING_PHASE(k) && ctl[k].at[h].gone == 0 && KNOWS(k) ->
    ctl[k].at[h].life = s_life;
    printf("%d  controller %d hears %d: state %d, keep-alive %d\n", now, k, h, s_state, s_number);
    if
    :: k == 0 && ctl[k].phase <= STAGING && s_state == NOTHING && !s_stone &&
       !ctl[k].at[h].staged ->   /* Stage is sent again, to who lives there now. */
      if :: h == 0 -> sent_to0 = s_life :: else -> sent_to1 = s_life fi
    :: else
    fi;
    if :: ctl[k].phase == ADOPTING -> ctl[k].at[h].described = 1 :: else fi;
    if
    :: s_state >= ARMED && LATEST(s_expiry) > ctl[k].at[h].bound ->
      ctl[k].at[h].bound = LATEST(s_expiry)
    :: else
    fi;
    if
    :: s_state == NOTHING && (s_stone || ctl[k].at[h].staged || ctl[k].at[h].armed) ->
      ctl[k].at[h].gone = CONFIRMED;
      printf("%d  controller %d hears that it is over at %d\n", now, k, h)
    :: s_state != NOTHING && ctl[k].phase != HEALING ->
      ctl[k].at[h].staged = 1;
      if
      :: s_state >= ARMED ->
        ctl[k].at[h].armed = 1;
        if
        :: s_number > ctl[k].at[h].acked -> ctl[k].at[h].acked = s_number
        :: else
        fi;
        ctl[k].at[h].floor = s_expiry - ERROR;
        if :: s_state == IN_FORCE -> ctl[k].at[h].in_force = 1 :: else fi;
        /* What was not acknowledged is sent again, to who lives there now; not to
           whom it is on its way already. */
        if
        :: ctl[k].phase == HOLDING && ctl[k].at[h].acked < ctl[k].number &&
           ctl[k].at[h].sent_to != s_life ->
          ctl[k].at[h].sent_to = s_life;
          LowerFloor(k, h)
        :: else
        fi
      :: else
      fi
    :: else
    fi
  :: else
  fi
}

/* fault_heal.cc: BeginHealing. */
inline BeginHealing(k, at_end) {
  printf("%d  controller %d heals\n", now, k);
  ctl[k].phase = HEALING;
  if :: !at_end -> ctl[k].heals = 1 :: else fi;
  ctl[k].began = 0; ctl[k].whole = 0;
  ctl[k].at[0].acked = 0; ctl[k].at[0].floor = 0; ctl[k].at[0].in_force = 0;
  ctl[k].at[0].described = 0;
  ctl[k].at[1].acked = 0; ctl[k].at[1].floor = 0; ctl[k].at[1].in_force = 0;
  ctl[k].at[1].described = 0;
  if :: store != UNKNOWN -> store = ENDING :: else fi
}

#define EACH(k, field, what) (ctl[k].at[0].field what && ctl[k].at[1].field what)
#define SOME(k, field, what) (ctl[k].at[0].field what || ctl[k].at[1].field what)
#define ALL_ACKED(k) EACH(k, acked, >= ctl[k].number)

inline Permit(t) { if :: t > permitted -> permitted = t :: else fi }

inline RaiseBound(k, i) {
  if
  :: LATEST(ctl[k].expiry) > ctl[k].at[i].bound ->
    ctl[k].at[i].bound = LATEST(ctl[k].expiry)
  :: else
  fi
}

inline SendRound(k) {
  ctl[k].round = now + ROUND;
  ctl[k].at[0].sent_to = ctl[k].at[0].life; ctl[k].at[1].sent_to = ctl[k].at[1].life;
  LowerFloor(k, 0);
  LowerFloor(k, 1);
  RaiseBound(k, 0);
  RaiseBound(k, 1);
  Permit(ctl[k].expiry);
  printf("%d  controller %d sends keep-alive %d until %d\n", now, k, ctl[k].number, ctl[k].expiry)
}

inline StepStaging(k) {
  if
  :: ctl[k].phase == STAGING ->
    if
    :: SOME(k, gone, != 0) || now >= STAGE_BY -> BeginHealing(k, 0)
    :: !(SOME(k, gone, != 0) || now >= STAGE_BY) && EACH(k, staged, == 1) ->
      ctl[k].phase = ARMING; ctl[k].expiry = E0; armed_sent = 1;
      ctl[k].at[0].bound = LATEST(E0); ctl[k].at[1].bound = LATEST(E0);
      Permit(E0);
      printf("%d  controller %d sends Arm\n", now, k)
    :: else
    fi
  :: else
  fi
}

inline StepArming(k) {
  if
  :: ctl[k].phase == ARMING ->
    if
    :: SOME(k, gone, != 0) -> BeginHealing(k, 0)
    :: EACH(k, gone, == 0) && EACH(k, armed, == 1) -> ctl[k].phase = HOLDING
    :: EACH(k, gone, == 0) && !EACH(k, armed, == 1) && now >= T0 -> BeginHealing(k, 0)
    :: else
    fi
  :: else
  fi
}

/* fault_start.cc: StepAdopting. */
inline StepAdopting(k) {
  if
  :: ctl[k].phase == ADOPTING ->
    if
    :: SOME(k, gone, != 0) || now >= ctl[k].began + REACH ||
       (ctl[k].at[0].described && !ctl[k].at[0].in_force) ||
       (ctl[k].at[1].described && !ctl[k].at[1].in_force) -> BeginHealing(k, 0)
    :: else ->
      if
      :: EACH(k, described, == 1) ->
        printf("%d  controller %d adopts\n", now, k);
        ctl[k].phase = HOLDING; ctl[k].whole = 1; ctl[k].began = 0;
        ctl[k].at[0].described = 0; ctl[k].at[1].described = 0;
        ctl[k].number = 1 + (ctl[k].at[0].acked > ctl[k].at[1].acked ->
                             ctl[k].at[0].acked : ctl[k].at[1].acked);
        ctl[k].expiry = ERROR + (ctl[k].at[0].floor > ctl[k].at[1].floor ->
                                 ctl[k].at[0].floor : ctl[k].at[1].floor);
        SendRound(k)
      :: else
      fi
    fi
  :: else
  fi
}

#ifdef NO_FLOOR
#define BELOW_FLOOR(k) 0
#else
#define BELOW_FLOOR(k) SOME(k, floor, <= now)
#endif
#ifdef NO_READ_BACK
#define READ_BACK(k) (now >= T0)
#else
#define READ_BACK(k) EACH(k, in_force, == 1)
#endif
#ifdef NO_ALL_ACKED
#define MAY_EXTEND(k) SOME(k, acked, >= ctl[k].number)
#define MISSED(k) 0
#else
#define MAY_EXTEND(k) ALL_ACKED(k)
#define MISSED(k) (!ALL_ACKED(k) && now >= ctl[k].round)
#endif

/* fault_hold.cc: StepHolding, LookForGaps, LookWhetherWhole, Extend. */
inline StepHolding(k) {
  if
  :: ctl[k].phase == HOLDING ->
    if
    :: EACH(k, floor, <= now) && ctl[k].expiry >= END && ALL_ACKED(k) ->
      BeginHealing(k, 1)
    :: else ->
      if
      :: SOME(k, gone, != 0) || BELOW_FLOOR(k) || MISSED(k) ||
         (!EACH(k, in_force, == 1) && now >= T0 + FIRST + (FIRST + 1) / 2) ->
        BeginHealing(k, 0)
      :: else ->
        if
        :: !ctl[k].whole && READ_BACK(k) ->
          ctl[k].whole = 1;
          SEEN(WHOLE);
          printf("%d  controller %d says IN_FORCE\n", now, k)
        :: else
        fi;
        y = ctl[k].expiry + INTERVAL;
#ifndef NO_CLIP
        y = CLIPPED(y);
#endif
        if
        :: MAY_EXTEND(k) && ctl[k].expiry < END && now >= T0 + ERROR &&
           (ctl[k].number == 0 || ctl[k].whole) && now + LEASE >= y ->
          ctl[k].number++; ctl[k].expiry = y;
          SendRound(k)
        :: else
        fi
      fi
    fi
  :: else
  fi
}

#define ANSWERS_FOR(k, i) (ctl[k].at[i].gone == CONFIRMED || \
                           k == 1 && ctl[k].at[i].life != UNHEARD)

/* fault_heal.cc: StepHealing, HealOn, End. */
inline StepHealing(k) {
  if
  :: ctl[k].phase == HEALING ->
    x = 0;
    do
    :: x < 2 ->
      if
#ifdef NO_HEAL_WAIT
      :: ctl[k].at[x].gone == 0 -> ctl[k].at[x].gone = BY_TIME
#else
      :: ctl[k].at[x].gone == 0 && now >= ctl[k].at[x].bound ->
        ctl[k].at[x].gone = BY_TIME
#endif
      :: else
      fi;
      x++
    :: else -> break
    od;
    if
    :: EACH(k, gone, != 0) ->
      printf("%d  controller %d says that it is over\n", now, k);
      ctl[k].phase = ENDED;
      if :: store != UNKNOWN -> store = FINAL :: else fi;
      /* By time alone nobody can speak for another controller that lives, but
         where the agent has heard the higher term. */
      if
      :: !both || ANSWERS_FOR(k, 0) && ANSWERS_FOR(k, 1) -> over = 1
      :: else
      fi;
      Forget(k)
    :: else
    fi
  :: else
  fi
}

inline StepController(k) {
  StepAdopting(k);
  StepStaging(k);
  StepArming(k);
  StepHolding(k);
  StepHealing(k);
}

/* ============================================================ what must hold */

#define DUE(k, i) (host[i].gate == OPEN && ALIVE(i) || host[i].fate == CUT)

inline Check() {
  if :: DROPS(0) == DROPS(1) -> partial = 0 :: else fi;
  /* HEALED, EXPIRED and FAILED are said when nothing drops anywhere, for good. */
  assert(!over || !DROPS(0) && !DROPS(1));
  /* What ran out or was healed at a host never drops there again. */
  assert(host[0].fate == LIVES || !DROPS(0));
  assert(host[1].fate == LIVES || !DROPS(1));
  /* No drop after the last expiry that was permitted, nor after the end. */
  assert(!DROPS(0) || CLOCK(0) < permitted && CLOCK(0) < END);
  assert(!DROPS(1) || CLOCK(1) < permitted && CLOCK(1) < END);
  /* None before T0, but where nobody was there to notice that the clock was set. */
  assert(!DROPS(0) || CLOCK(0) >= T0 || host[0].runs != RUNS && host[0].wall);
  assert(!DROPS(1) || CLOCK(1) >= T0 || host[1].runs != RUNS && host[1].wall);
  /* The latch wins. */
  assert(!host[0].latch || !DROPS(0));
  assert(!host[1].latch || !DROPS(1));
  /* IN_FORCE: each gate is open and drops, or somebody closed it, which is heard of
     later. A lease that ran out is no excuse. */
  assert(!(ctl[0].phase == HOLDING && ctl[0].whole) || DUE(0, 0) && DUE(0, 1));
  assert(!(ctl[1].phase == HOLDING && ctl[1].whole) || DUE(1, 0) && DUE(1, 1));
  /* No controller with a whole store meets what the store does not know. */
  assert(!(store == UNKNOWN && ctl[0].phase == CRASHED) ||
         host[0].gate == ABSENT && host[1].gate == ABSENT);
}

#ifndef PARTIAL
#define PARTIAL (LEASE + INTERVAL + ERROR)
#endif

inline LeaseRunsOut(i) {
  if
  :: host[i].gate >= TIMED && host[i].lease > 0 && host[i].lease <= now ->
    host[i].lease = 0; host[i].wall = 0;
    if :: host[i].fate == LIVES -> host[i].fate = RAN_OUT :: else fi;
    printf("%d  kernel %d: the lease ran out\n", now, i)
  :: else
  fi
}

inline StoneAges(i) {
  if
  :: host[i].runs == RUNS && host[i].stone > 0 ->
    host[i].stone--;
    if :: host[i].stone == 0 -> host[i].disk_stone = 0 :: else fi
  :: else
  fi
}

inline Tick() {
  if
  :: DROPS(0) != DROPS(1) -> partial++
  :: else
  fi;
  /* Partial force lasts no longer than this. */
  assert(partial <= PARTIAL);
  now++;
  printf("-- tick %d\n", now);
  LeaseRunsOut(0);
  LeaseRunsOut(1);
  StoneAges(0);
  StoneAges(1)
}

/* The environment's faults are over: who slept or died is back. All is whole. */
inline Finish() {
  assert(!DROPS(0) && !DROPS(1));
  assert(host[0].runs != RUNS || host[0].gate == ABSENT);
  assert(host[1].runs != RUNS || host[1].gate == ABSENT);
  assert(!(LIVING_PHASE(0) && ctl[0].phase > RECORDING) && !LIVING_PHASE(1));
}

inline Witness() {
  SEE(THREE_ROUNDS, ctl[0].phase == HOLDING && ctl[0].number >= 3 && ALL_ACKED(0));
  SEE(SECOND_EXTENDS, ctl[1].phase == HOLDING && ctl[1].expiry > E0 && ALL_ACKED(1) &&
      ctl[1].number > 2);
  SEE(SECOND_AND_NEW_LIFE, ctl[1].phase == HOLDING && host[0].life > 0);
  SEE(CLOCK_SHUTS, host[0].gate == TIMED && ALIVE(0) && now >= T0 && !DROPS(0));
  SEE(PARTIAL_FORCE, partial > 0)
}

/* What nothing can come of any more is forgotten, so that states that differ by it
   alone are one. Where a guard is out that makes it so, it is not. */
#if !defined(NO_NOT_AFTER) && !defined(NO_ARM_NOT_AFTER) && !defined(NO_INCARNATION)
#define REFUSED_BEHIND(t) (now > (t) + ERROR)
#else
#define REFUSED_BEHIND(t) 0
#endif

inline TidyController(k) {
  if
  :: (ctl[k].phase == OFF || ctl[k].phase >= HEALING) &&
     (ctl[k].number == 0 || REFUSED_BEHIND(ctl[k].round)) ->
    ctl[k].number = 0; ctl[k].expiry = 0; ctl[k].round = 0;
    ctl[k].at[0].sent_to = 0; ctl[k].at[1].sent_to = 0
  :: else
  fi;
  if
  :: ctl[k].phase >= HEALING ->
    if :: ctl[k].at[0].life != UNHEARD -> ctl[k].at[0].life = 0 :: else fi;
    if :: ctl[k].at[1].life != UNHEARD -> ctl[k].at[1].life = 0 :: else fi
  :: else
  fi
}

#define CLOCK_MATTERS(i) (host[i].gate == TIMED || host[i].op == ARMING_OP)

inline Tidy() {
  TidyController(0);
  TidyController(1);
  if :: REFUSED_BEHIND(STAGE_BY) -> staged_sent = 0 :: else fi;
  if
  :: REFUSED_BEHIND(T0) ->
    armed_sent = 0;
    if :: !CLOCK_MATTERS(0) && !CLOCK_MATTERS(1) -> steps = 0 :: else fi;
    if :: !staged_sent -> sent_to0 = 0; sent_to1 = 0 :: else fi
  :: else
  fi;
  if :: ctl[1].phase >= ENDED -> ctl_crash = 0 :: else fi;
  if :: host[0].fate != LIVES && host[1].fate != LIVES -> permitted = 0 :: else fi
}

/* ============================================================ the world */

/* Where the hosts are alike, the one that dies is called host 0. */
#define MORTAL(i) (crashes > 0 && (i == 0 || ERROR > 0 || CRASHES > 1))

#define ANY_HOST if :: h = 0 :: h = 1 fi
#define TAKES(i) (host[i].runs == RUNS)
/* Once it is refused for good, a repetition changes nothing. */
#define STAGE_MAY(i) (staged_sent && TAKES(i) && host[i].state == NOTHING)
#define ARM_MAY(i) (armed_sent && TAKES(i) && host[i].state == STAGED)
#define ALIVE_MAY(k, i) (ctl[k].number > 0 && TAKES(i) && host[i].state >= ARMED && \
                         ctl[k].number > host[i].number)
#define HEAL_MAY(k, i) (ctl[k].heals && TAKES(i))
#define HEAR_MAY(k, i) (TAKES(i) && LIVING_PHASE(k) && ctl[k].at[i].gone == 0)
/* Its answer is lost. */
#define DESCRIBE_MAY(i) (ctl[1].phase != OFF && TAKES(i) && !host[i].term)
#define HEARD_BY_SOMEBODY if :: heard = 2 :: heard = 0 :: SECOND > 0 -> heard = 1 fi

active proctype World() {
  d_step {
    host[0].runs = RUNS; host[1].runs = RUNS;
    ctl[0].phase = RECORDING;
    ctl[1].at[0].life = UNHEARD; ctl[1].at[1].life = UNHEARD;
#ifdef NO_RECORD
    ctl[0].phase = STAGING; staged_sent = 1;
#endif
  }
  do
  :: finished -> break
  :: !finished -> atomic {
    heard = 2; learns = 2;
    if
    :: now < LAST ->
      ev = TICK;
      HEARD_BY_SOMEBODY;
      if
      :: skip
      :: MORTAL(0) && TAKES(0) && host[0].state != NOTHING ||
         MORTAL(1) && TAKES(1) && host[1].state != NOTHING ->
        if :: MORTAL(0) -> h = 0 :: MORTAL(1) -> h = 1 fi;
        die_at = h;
        if :: die = 1 :: die = 2 :: die = 3 :: die = 4 :: die = 5 fi
      :: sleeps > 0 -> ANY_HOST; die_at = h; die = 9
      fi
    :: now == LAST -> ev = FINISH
    :: store == UNKNOWN && LIVING_PHASE(0) -> ev = PERSISTED
    :: STAGE_MAY(0) || STAGE_MAY(1) ->
      if :: STAGE_MAY(0) -> h = 0 :: STAGE_MAY(1) -> h = 1 fi;
      ev = STAGE; die_at = h;
      if :: skip :: MORTAL(h) -> if :: die = 4 :: die = 6 fi fi
    :: ARM_MAY(0) || ARM_MAY(1) ->
      if :: ARM_MAY(0) -> h = 0 :: ARM_MAY(1) -> h = 1 fi;
      ev = ARM; die_at = h;
      if
      :: skip
      :: MORTAL(h) -> if :: die = 4 :: die = 6 fi
      :: sleeps > 0 -> die = 9
      fi
    :: ALIVE_MAY(0, 0) || ALIVE_MAY(0, 1) || ALIVE_MAY(1, 0) || ALIVE_MAY(1, 1) ->
      if
      :: ALIVE_MAY(0, 0) -> c = 0; h = 0 :: ALIVE_MAY(0, 1) -> c = 0; h = 1
      :: ALIVE_MAY(1, 0) -> c = 1; h = 0 :: ALIVE_MAY(1, 1) -> c = 1; h = 1
      fi;
      ev = KEEP_ALIVE; die_at = h;
      if
      :: skip
      :: MORTAL(h) -> if :: die = 1 :: die = 3 :: die = 4 :: die = 6 fi
      :: sleeps > 0 -> die = 9
      fi
    :: HEAL_MAY(0, 0) || HEAL_MAY(0, 1) || HEAL_MAY(1, 0) || HEAL_MAY(1, 1) ->
      if
      :: HEAL_MAY(0, 0) -> c = 0; h = 0 :: HEAL_MAY(0, 1) -> c = 0; h = 1
      :: HEAL_MAY(1, 0) -> c = 1; h = 0 :: HEAL_MAY(1, 1) -> c = 1; h = 1
      fi;
      ev = HEAL; die_at = h;
      if :: heard = 2 :: heard = c fi;
      if
      :: skip
      :: MORTAL(h) -> if :: die = 1 :: die = 2 :: die = 3 :: die = 6 fi
      fi
    :: HEAR_MAY(0, 0) || HEAR_MAY(0, 1) || HEAR_MAY(1, 0) || HEAR_MAY(1, 1) ->
      if
      :: HEAR_MAY(0, 0) -> c = 0; h = 0 :: HEAR_MAY(0, 1) -> c = 0; h = 1
      :: HEAR_MAY(1, 0) -> c = 1; h = 0 :: HEAR_MAY(1, 1) -> c = 1; h = 1
      fi;
#ifdef LATE
      ev = ANSWER
    :: answer[0].there || answer[1].there || answer[2].there || answer[3].there ->
      if
      :: answer[0].there -> c = 0; h = 0 :: answer[1].there -> c = 0; h = 1
      :: answer[2].there -> c = 1; h = 0 :: answer[3].there -> c = 1; h = 1
      fi;
#endif
      ev = HEAR
#ifndef NO_DESCRIBE_FENCES
    :: DESCRIBE_MAY(0) || DESCRIBE_MAY(1) ->
      if :: DESCRIBE_MAY(0) -> h = 0 :: DESCRIBE_MAY(1) -> h = 1 fi;
      c = 1; ev = DESCRIBE
#endif
    :: now <= END && (MORTAL(0) && TAKES(0) || MORTAL(1) && TAKES(1)) ->
      if :: MORTAL(0) && TAKES(0) -> h = 0 :: MORTAL(1) && TAKES(1) -> h = 1 fi;
      ev = AGENT_DIES
    :: host[0].runs == DEAD || host[1].runs == DEAD ->
      if :: host[0].runs == DEAD -> h = 0 :: host[1].runs == DEAD -> h = 1 fi;
      ev = AGENT_STARTS
    :: now <= END && (MORTAL(0) || MORTAL(1)) ->
      if :: MORTAL(0) -> h = 0 :: MORTAL(1) -> h = 1 fi;
      ev = REBOOT
    :: sleeps > 0 && (TAKES(0) || TAKES(1)) ->
      if :: TAKES(0) -> h = 0 :: TAKES(1) -> h = 1 fi;
      ev = SLEEP
    :: host[0].runs == ASLEEP || host[1].runs == ASLEEP ->
      if :: host[0].runs == ASLEEP -> h = 0 :: host[1].runs == ASLEEP -> h = 1 fi;
      ev = WAKE
    /* Elsewhere, and at other times, it has no effect at all. */
    :: steps > 0 && (CLOCK_MATTERS(0) || CLOCK_MATTERS(1)) ->
      if :: CLOCK_MATTERS(0) -> h = 0 :: CLOCK_MATTERS(1) -> h = 1 fi;
      ev = CLOCK_SET;
      if :: arg = 1 :: arg = 2 fi
    :: latches > 0 -> ANY_HOST; ev = LATCH
    :: LIVING_PHASE(0) && SECOND > 0 -> c = 0; ev = CONTROLLER_DIES
    :: LIVING_PHASE(1) && ctl_crash -> c = 1; ev = CONTROLLER_DIES
    :: SECOND > 0 && ctl[1].phase == OFF && store != UNKNOWN && now <= END &&
       (ctl[0].phase == CRASHED || ctl[0].phase == ENDED || SECOND > 1) ->
      ev = SECOND_STARTS;
      /* The last save may be lost. */
      if :: arg = store :: store > LIVING -> arg = LIVING fi
    :: ctl[0].phase >= STAGING && ctl[0].phase < HEALING -> c = 0; ev = ASKED_TO_HEAL
    :: ctl[1].phase >= STAGING && ctl[1].phase < HEALING -> c = 1; ev = ASKED_TO_HEAL
    fi;
    if
    :: ev == TICK -> d_step {
      Tick()
    }
    :: ev == PERSISTED -> d_step {
      printf("%d  controller 0: the record is durable\n", now);
      store = LIVING;
      if
      :: ctl[0].phase == RECORDING -> ctl[0].phase = STAGING; staged_sent = 1
      :: else
      fi
    }
    :: ev == STAGE -> d_step {
      printf("%d  Stage reaches agent %d\n", now, h); DoStage()
    }
    :: ev == ARM -> d_step {
      printf("%d  Arm reaches agent %d\n", now, h); DoArm()
    }
    :: ev == KEEP_ALIVE -> d_step {
      printf("%d  keep-alive %d of controller %d reaches agent %d\n", now, ctl[c].number, c, h);
      DoKeepAlive()
    }
    :: ev == HEAL -> d_step {
      printf("%d  Heal of controller %d reaches agent %d\n", now, c, h); DoHeal()
    }
#ifdef LATE
    :: ev == ANSWER -> d_step {
      Describe();
      x = 2 * c + h;
      answer[x].there = 1; answer[x].life = host[h].life;
      answer[x].term = host[h].term; answer[x].state = host[h].state;
      answer[x].number = host[h].number; answer[x].expiry = host[h].expiry;
      answer[x].stone = (host[h].stone > 0)
    }
    :: ev == HEAR -> d_step {
      x = 2 * c + h;
      s_life = answer[x].life; s_term = answer[x].term; s_state = answer[x].state;
      s_number = answer[x].number; s_expiry = answer[x].expiry;
      s_stone = answer[x].stone;
      answer[x].there = 0; answer[x].life = 0; answer[x].term = 0;
      answer[x].state = 0; answer[x].number = 0; answer[x].expiry = 0;
      answer[x].stone = 0;
      Learn(c)
    }
#else
    :: ev == HEAR -> d_step {
      Describe(); Speak(c)
    }
#endif
    :: ev == DESCRIBE -> d_step {
      printf("%d  agent %d hears the term of controller 1\n", now, h);
      Describe()
    }
    :: ev == AGENT_DIES -> d_step {
      crashes--; host[h].runs = DEAD; printf("%d  agent %d dies\n", now, h)
    }
    :: ev == AGENT_STARTS -> d_step {
      StartAgent()
    }
    :: ev == REBOOT -> d_step {
      printf("%d  host %d reboots\n", now, h);
      crashes--;
      if
      :: host[h].gate >= TIMED && host[h].fate == LIVES -> host[h].fate = CUT
      :: else
      fi;
      host[h].runs = DEAD;
      host[h].gate = ABSENT; host[h].lease = 0; host[h].wall = 0;
      host[h].disk_in_force = 0; host[h].disk_number = 0; host[h].disk_stone = 0;
      CLOCK_BEGINS_ANEW(h)
    }
    :: ev == SLEEP -> d_step {
      printf("%d  agent %d is stopped\n", now, h);
      sleeps--; host[h].runs = ASLEEP
    }
    :: ev == WAKE -> d_step {
      Wake()
    }
    :: ev == CLOCK_SET -> d_step {
      printf("%d  the wall clock of host %d is set %d\n", now, h, arg);
      steps--; host[h].wall = arg;
      if :: host[h].runs == ASLEEP -> host[h].stepped = 1 :: else -> Stepped() fi
    }
    :: ev == LATCH -> d_step {
      printf("%d  the stop latch of host %d is set, all is swept\n", now, h);
      latches--; host[h].latch = 1; host[h].wall = 0;
      if
      :: host[h].gate >= TIMED && host[h].fate == LIVES -> host[h].fate = CUT
      :: else
      fi;
      host[h].gate = ABSENT; host[h].lease = 0;
      if :: UP -> ending = CUT :: else fi
    }
    :: ev == CONTROLLER_DIES -> d_step {
      printf("%d  controller %d dies\n", now, c);
      if :: c == 1 -> ctl_crash = 0 :: else fi;
      ctl[c].phase = CRASHED; Forget(c)
    }
    :: ev == SECOND_STARTS -> d_step {
      printf("%d  controller 1 starts, its store says %d\n", now, arg);
      both = LIVING_PHASE(0);
      x = now + EARLIER_LIFE;
      ctl[1].at[0].bound = x; ctl[1].at[1].bound = x;
      if
      :: arg == LIVING -> ctl[1].phase = ADOPTING; ctl[1].began = now
      :: arg == ENDING -> ctl[1].phase = HEALING; ctl[1].heals = 1
      :: arg == FINAL -> ctl[1].phase = ENDED; Forget(1)
      fi
    }
    :: ev == ASKED_TO_HEAL -> d_step {
      printf("%d  controller %d is asked to heal\n", now, c); BeginHealing(c, 0)
    }
    :: ev == FINISH -> d_step {
      Finish()
    }
    fi;
    /* What follows from it at that host; after a tick, at both. */
    each = (ev == TICK || ev == FINISH);
    if :: each -> h = 0 :: else fi;
    do
    :: true -> d_step {
        if
        :: ev == FINISH && host[h].runs == DEAD -> StartAgent()
        :: ev == FINISH && host[h].runs == ASLEEP -> Wake()
        :: else
        fi;
        if :: ev == TICK || ev == WAKE || ev == FINISH -> Settle() :: else fi
      };
      if :: opening -> d_step { opening = 0; OpenGate() } :: else fi;
      if :: ending -> d_step { EndFault(); ending = 0 } :: else fi;
      if :: learns < 2 -> d_step { Learn(learns); learns = 2 } :: else fi;
      if
      :: host[h].runs == DEAD && (host[h].term || host[h].state || host[h].stone) ->
        d_step { ForgetMemory() }
      :: else
      fi;
      if
      :: each && h == 0 -> h = 1
      :: !(each && h == 0) -> break
      fi
    od;
    skip;   /* No jump goes into a d_step. */
    d_step { StepController(0) };
    d_step { StepController(1) };
    d_step {
      if :: die > 0 && die < 9 -> crashes-- :: else fi;
      if
      :: ev == FINISH ->
        assert(host[0].gate == ABSENT && host[1].gate == ABSENT);
        assert(host[0].state == NOTHING && host[1].state == NOTHING);
        finished = 1
      :: else
      fi;
      Check();
      Witness();
      Tidy();
      ev = 0; h = 0; c = 0; die = 0; die_at = 0; arg = 0; ok = 0; x = 0; y = 0;
      remains = 0; heard = 0; learns = 0; opening = 0; ending = 0; each = 0;
      s_life = 0; s_term = 0; s_state = 0; s_number = 0; s_expiry = 0; s_stone = 0
    }
  }
  od
}
