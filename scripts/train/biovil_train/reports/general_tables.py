"""Sentences for `general_text`. A slot is a list of `terms/`, or one of the small tables below."""

from biovil_train.reports.normal import ANATOMY, TECHNIQUE

SMALL: dict[str, tuple[str, ...]] = {
    "side": ("left", "right"),
    "when": ("yesterday", "last week", "one month ago", "two years ago", "in 2015", "three days earlier", "overnight"),
    "mm": ("3 mm", "5 mm", "8 mm", "11 mm", "1.2 cm", "2 cm", "3.5 cm", "4 x 3 cm", "6 x 5 mm", "15 x 9 mm"),
    "years": ("18", "27", "34", "45", "52", "61", "68", "73", "79", "84", "91"),
    "percent": ("3%", "5%", "12%", "20%", "one third", "one half", "the majority", "fewer than 10%", "up to 80%"),
    "study": ("study", "examination", "radiograph", "film", "scan", "series", "exam"),
    "doctor": ("radiologist", "surgeon", "cardiologist", "pulmonologist", "oncologist", "intensivist", "internist",
               "emergency physician", "anesthesiologist", "nurse practitioner", "resident", "hospitalist"),
    "ward": ("emergency department", "intensive care unit", "operating room", "recovery room", "ward", "clinic",
             "outpatient department", "radiology department", "surgical floor", "step-down unit"),
}  # fmt: skip

REPORT_LINES: tuple[str, ...] = (
    *ANATOMY,
    *TECHNIQUE,
    "there is [a|] {findings} [on the {side}|at the {side} base|in the {side} upper lobe|in the {side} lung|].",
    "{findings} is [noted|seen|present|unchanged|again demonstrated|better appreciated on the lateral view].",
    "no {findings} or {findings} is [seen|identified|visualized].",
    "no evidence of {findings}, {findings}, or {findings}.",
    "{findings} and {findings} are [noted incidentally|again seen|unchanged|suspected|redemonstrated].",
    "[stable|unchanged|new|known|chronic|old|minimal|mild|moderate|extensive] {findings}.",
    "{descriptors} [opacity|lesion|density|lucency|mass|area|focus] [adjacent to|near|overlying|abutting|projecting "
    "over|inseparable from|arising from] the {anatomy}.",
    "a {mm} {descriptors}, {descriptors} [lesion|nodule|mass|density] in the region of the {anatomy}.",
    "the {anatomy} is [normal|unremarkable|intact|displaced|obscured|partially imaged|not well evaluated|prominent].",
    "the {anatomy} and {anatomy} are [normal|unremarkable|intact|within normal limits|partially obscured].",
    "[appearance|pattern|distribution] [suggests|favors|is typical of|is compatible with|is atypical for] {diseases}.",
    "differential considerations include {diseases}, {diseases}, and {diseases}.",
    "findings may [represent|reflect] {findings}; {diseases} is [less likely|not excluded|considered unlikely].",
    "[history|indication|clinical history|clinical information|reason for exam]: {symptoms}.",
    "[history|indication]: {years}-year-old {patients} with {symptoms} and {symptoms}.",
    "[indication|reason]: {patients} with {diseases}, now with {symptoms}, evaluate for {findings}.",
    "[indication|question]: rule out {diseases}.",
    "[history of|known|status post|prior] {procedures} for {diseases} {when}.",
    "status post {procedures}, with {findings}.",
    "[recommend|suggest|consider|advise] {procedures} [for further evaluation|to exclude {diseases}|if clinically "
    "indicated|when the patient is stable|within three months].",
    "[follow-up|repeat] [imaging|examination|{procedures}] in [four to six weeks|three months|one year] is advised.",
    "[a|the] {findings} measures [approximately|about|up to] {mm}, previously {mm}.",
    "[comparison|compared to] {procedures} performed {when}.",
    "findings were discussed with the {doctor} in the {ward} [by telephone|in person] at [the time of dictation|noon].",
    "the [tip|side port|balloon|distal end] of the [tube|catheter|line|wire] projects over the {anatomy}.",
    "[withdrawal|advancement|repositioning] of the [tube|catheter|line] by [2 cm|3 cm|a few centimeters] is advised.",
    "[PA and lateral|AP supine|decubitus|lordotic|oblique|expiratory] [views|radiographs] were obtained for "
    "{symptoms}.",
    "axial images through the {anatomy} were obtained [with|without|before and after] intravenous contrast.",
    "[evaluation|assessment] of the {anatomy} is limited by {findings} and [motion|rotation|habitus|overlying wires].",
    "[impression|conclusion]: {findings}. {diseases} [is suspected|should be considered|cannot be excluded].",
    "[impression]: 1. {findings}. 2. {findings}. 3. no {findings}.",
)

PROSE: tuple[str, ...] = (
    "the {years}-year-old {patients} [presented to|was admitted to|was seen in] the {ward} with {symptoms}.",
    "the patient [reported|complained of|developed|denied] {symptoms} and {symptoms} {when}.",
    "{diseases} is [a common|a rare|an important|a treatable|an underdiagnosed] cause of {symptoms}.",
    "treatment with {drugs} and {drugs} was [started|stopped|continued|tapered|discontinued|well tolerated].",
    "patients with {diseases} [often|rarely|typically|sometimes] [develop|present with] {symptoms}.",
    "{procedures} [revealed|showed|confirmed|excluded|demonstrated|was diagnostic of] {diseases}.",
    "{procedures} is the [preferred|initial|definitive|gold standard] test for {diseases}.",
    "we [studied|investigated|examined|measured|evaluated] {biology} in [patients|adults|children|mice|rats] with "
    "{diseases}.",
    "{biology} [was associated with|correlated with|predicted|was independent of] {biology} in {diseases}.",
    "{drugs} [reduced|improved|increased|inhibited|did not change|enhanced] {biology} [significantly|in vitro|in "
    "vivo|].",
    "{percent} of patients [developed|had|showed] {diseases} during [follow-up|hospitalization|treatment].",
    "the [role|effect|importance|contribution] of {biology} in {diseases} remains [unclear|controversial|uncertain].",
    "the {anatomy} lies [anterior|posterior|medial|lateral|inferior|superior|adjacent] to the {anatomy}.",
    "the {anatomy} [drains into|is supplied by|arises from|is continuous with|is separated from] the {anatomy}.",
    "{diseases} may [involve|affect|spare|compress|invade|spread to] the {anatomy} and the {anatomy}.",
    "{biology} and {biology} are [impaired|increased|regulated|altered] in {diseases}.",
    "complications of {procedures} include {findings}, {diseases}, and {symptoms}.",
    "the {doctor} recommended {procedures} because of persistent {symptoms}.",
    "a {descriptors} {findings} was found at {procedures}.",
    "the [primary|secondary] outcome was {biology}; adverse events included {symptoms}.",
    "on examination there was {symptoms}, and laboratory tests showed abnormal {biology}.",
    "on {procedures}, {diseases} [mimics|resembles|can be confused with|is distinguished from] {diseases}.",
)
