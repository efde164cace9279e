"""Made-up documents for the tests: one of each, with everything filled in."""

from __future__ import annotations

from datetime import date

from palpate.letters import (
    Answers,
    DischargeNote,
    Document,
    HomeItem,
    HomePlan,
    HomeRules,
    MassageGiven,
    NextTreatmentReferral,
    PainCourse,
    PathwayStamp,
    Person,
    Practice,
    Rating,
    Reason,
    Referral,
    Response,
    UrgentHandover,
    follow_up_dates,
)

PRACTICE = Practice(
    name="Linden Street Massage",
    address=("12 Linden Street", "Hamilton, Ontario L8P 1A1"),
    phone="905 555 0142",
    therapist="Maria Okafor",
    profession="Registered Massage Therapist",
    licence="CMTO X482",
    email="desk@lindenstreet.example",
)
PERSON = Person("Ingrid Sørensen", date(1979, 4, 2), "P-0231")
PATHWAY = PathwayStamp(
    "back_massage", "1.0.0", "sha256:aaa5b12fc92f1f1eaade42af0d894fbb013111a9f630af84a4da43e565df9390"
)
TODAY = date(2026, 3, 16)
GIVEN = MassageGiven(
    2, 4, "45 minutes each", "10 days apart", ("neuromuscular", "stroking"), date(2026, 2, 20), date(2026, 3, 2)
)
ANSWERS = Answers(
    known=(
        ("Fever or chills", "no"),
        ("Weakness in a leg", "none"),
        ("Numb between the legs", "no"),
        ("Cancer ever", "no"),
    ),
    not_asked=("Bone thinning (osteoporosis)", "Long use of cortisone"),
    cannot_say=("Weight loss without trying",),
)
COURSE = PainCourse(
    ratings=(
        Rating(date(2026, 2, 13), 7),
        Rating(date(2026, 2, 20), 7),
        Rating(date(2026, 3, 2), 6),
        Rating(TODAY, 6.5),
    ),
    baseline=7,
    real_change=2,
    sessions=(date(2026, 2, 20), date(2026, 3, 2)),
)
HOME = (
    HomeItem(
        "Walking that builds up",
        "begin with 50 to 70 % of the comfortable time on 5 days a week",
        "Find out how long you can walk in comfort. Start with a bit more than half of that.",
        done="9 of 12 days",
        assumed=True,
    ),
    HomeItem(
        "Knee to chest",
        "10 slow times, twice a day",
        "Lie on your back with knees bent. Pull one knee slowly to your chest until you feel a mild stretch.",
        stop="leg pain gets worse on bending forward",
        done="most days",
        assumed=True,
    ),
    HomeItem(
        "Staying active",
        "every day; usual tasks cut into shorter pieces",
        "Do not go to bed in the daytime.",
        done="daily",
    ),
)
RULES = HomeRules(
    start="Begin below the amount that brings on the pain. It may rise by up to 2 points if it settles overnight.",
    progress="Do a little more once an item has been done on 3 sessions with no more pain on the day after.",
    stop="Stop and tell us if the pain travels further down a leg.",
    emergency=(
        "Numbness between the legs, a new change of bladder or bowel, or weakness that grows: this is an emergency."
    ),
)
REFERRAL = Referral(
    practice=PRACTICE,
    date=TODAY,
    person=PERSON,
    purpose="examination",
    urgency="within_2_weeks",
    to=("Dr A. Kim", "Main Street Family Practice", "40 Main Street, Hamilton"),
    situation=(
        "A course of back massage is asked for. Our pathway asks for a full medical examination first: the pain began "
        "less than 42 days ago, and unplanned weight loss could not be ruled out."
    ),
    reasons=(
        Reason(
            "acute_low_back_pain",
            "The low back or buttock pain began less than 42 days ago, and this practice massages acute low back pain "
            "only after a full medical examination.",
            facts=(("Pain phase", "acute"), ("Pain site", "low back"), ("Days since it began", "23")),
        ),
        Reason(
            "unsure_safety_question",
            "A question that must be answered could not be: the person does not know whether weight was lost.",
            "A safety question could not be answered",
            (("Weight loss without trying", "could not say"),),
        ),
    ),
    answers=ANSWERS,
    massage=MassageGiven(0),
    pathway=PATHWAY,
    pain=(("Pain, last 7 days (0 to 10)", "7"), ("Pain today", "6")),
    activities=(("Lifting my son (0 to 10, high is good)", "3"), ("Sitting at work", "4")),
    background=(("Began", "21 February 2026, lifting"), ("Medicines", "ibuprofen when needed")),
    request="If weight was lost, please say whether anything else is planned.",
    valid_for="28 days",
    reply_link="clinic.example/r (code on the card)",
    consent="Sent with the consent of the person, given on 16 March 2026.",
)
URGENT = UrgentHandover(
    practice=PRACTICE,
    date=TODAY,
    person=PERSON,
    time="14:35",
    emergency_text=(
        "Stop. Call the emergency number or see that the person gets to an emergency department now; they do not drive "
        "themselves."
    ),
    emergency_number="911",
    reasons=(
        Reason(
            "cauda_equina",
            "Numbness between the legs together with a new change of the bladder may mean pressure on the nerves "
            "at the end of the spinal cord.",
            "Numbness between the legs with a bladder change",
            (("Numb between the legs", "yes"), ("Bladder", "cannot start"), ("Since", "this morning")),
        ),
    ),
    found_when="16 March 2026, 14:20, asked again before session 3; no massage given today",
    answers=ANSWERS,
    pathway=PATHWAY,
    vitals=(("Pulse", "88 a minute"), ("Blood pressure", ""), ("Temperature", "36.9 °C"), ("Awake and clear", "yes")),
    done=(("14:22", "Session stopped, person lying on the side"), ("14:25", "Partner called, is on the way")),
    background=(("Medicines", "ibuprofen"), ("Allergies", "none known")),
    called_by="Maria Okafor, RMT",
    called_at="14:24",
    call_back="905 555 0142",
)
NEXT = NextTreatmentReferral(
    practice=PRACTICE,
    date=TODAY,
    person=PERSON,
    to=("Harbour Physiotherapy", "8 Harbour Road, Hamilton"),
    presentation="Subacute low back pain, risk group medium, no leg pain, no red flag known.",
    next_step="Please take over with structured exercise for 6 to 12 weeks.",
    duration="65 days since it began on 10 January 2026",
    response=Response(
        "not_responded",
        ("uncorroborated",),
        (
            ("Pain, last 7 days (0 to 10, low is good)", "7 → 6.5"),
            ("Own activities (0 to 10, high is good)", "3.7 → 4"),
            ("Own view", "the same"),
        ),
    ),
    pain=COURSE,
    massage=GIVEN,
    answers=ANSWERS,
    pathway=PATHWAY,
    home=HOME,
    risk_group="medium (total 5, distress 2; imported)",
    adverse_events=("Soreness of 3 out of 10 for one day after session 1",),
    goal="Lift my son again without thinking about it.",
    not_advised="more massage as the only treatment",
    consent="Sent with the consent of the person, given on 16 March 2026.",
)
DISCHARGE = DischargeNote(
    practice=PRACTICE,
    date=TODAY,
    person=PERSON,
    response=Response(
        "responded", (), (("Pain, last 7 days (0 to 10)", "7 → 3"), ("Own activities (0 to 10)", "3.7 → 7.3"))
    ),
    pain=PainCourse(
        (Rating(date(2026, 2, 13), 7), Rating(date(2026, 2, 24), 5.5), Rating(date(2026, 3, 5), 4), Rating(TODAY, 3)),
        7,
        2,
        COURSE.sessions,
    ),
    massage=GIVEN,
    home=HOME,
    rules=RULES,
    follow_up=follow_up_dates(TODAY),
    pathway=PATHWAY,
    goal="Lift my son again without thinking about it.",
    goal_reached="reached, by your own word",
    soon="the pain comes back as strong as before, wakes you every night, or is not better in 4 weeks.",
    complaint="Low back pain, 65 days",
    next_step="Go on with your home plan and the walking.",
    adverse_events=(),
    answers=ANSWERS,
)
HOME_PLAN = HomePlan(
    practice=PRACTICE,
    date=TODAY,
    person=PERSON,
    home=HOME,
    rules=RULES,
    goal="Lift my son again without thinking about it.",
    next_visit="25 March 2026, 10:15",
)
ALL: tuple[Document, ...] = (REFERRAL, URGENT, NEXT, DISCHARGE, HOME_PLAN)
