"""Sentences that claim none of the labels: bones, soft tissue, technique, quality, other organs."""

from random import Random

from biovil_train.reports.grammar import pick
from biovil_train.reports.style import statement
from biovil_train.study import Statement

ANATOMY: tuple[str, ...] = (
    "[osseous|bony] structures are [intact|unremarkable|grossly intact|within normal limits].",
    "no acute [osseous|bony] abnormality.",
    "no [rib fracture|displaced rib fracture|acute fracture|fracture|lytic lesion] [is seen|is identified|].",
    "the [mediastinum|mediastinal contour|upper mediastinum] is [normal|unremarkable|within normal limits|not "
    "widened].",
    "mediastinal contours are [normal|unremarkable|stable|within normal limits].",
    "the hila are [normal|unremarkable|not enlarged|symmetric].",
    "hilar contours are [normal|unremarkable|within normal limits].",
    "the trachea is [midline|central|in the midline|not deviated].",
    "trachea midline.",
    "the [soft tissues|chest wall soft tissues] are [unremarkable|normal|within normal limits].",
    "the upper abdomen is unremarkable.",
    "no free [air|intraperitoneal air|gas] [beneath the diaphragm|under the hemidiaphragms|below the diaphragm|].",
    "the hemidiaphragms are [well defined|smooth|normal in position|intact].",
    "degenerative changes of the [thoracic spine|spine|shoulders|acromioclavicular joints] [are noted|].",
    "mild [degenerative changes|spondylosis|dextroscoliosis|levoscoliosis|kyphosis|osteophytosis] of the thoracic "
    "spine.",
    "the aorta is [tortuous|calcified|unfolded|normal in caliber|mildly ectatic].",
    "calcification of the aortic [arch|knob] is noted.",
    "the [clavicles|ribs|scapulae|shoulders] are [intact|unremarkable|symmetric].",
    "no [mediastinal shift|tracheal deviation|hilar adenopathy|subcutaneous emphysema|pneumomediastinum].",
    "the [stomach bubble|gastric air bubble|gastric bubble] is [in normal position|seen|unremarkable].",
    "[surgical clips|cholecystectomy clips|sternal wires|median sternotomy wires] [are noted|].",
    "ECG leads overlie the chest.",
    "monitoring leads project over the [chest|thorax].",
    "the visualized bowel gas pattern is [unremarkable|normal|nonobstructive].",
    "bones are [demineralized|osteopenic|unremarkable].",
    "the vertebral body heights are [maintained|preserved].",
)
TECHNIQUE: tuple[str, ...] = (
    "[single|one|] [frontal|AP|PA] [view|radiograph] of the chest [was obtained|is submitted|].",
    "[portable|semi-upright|upright|supine] [AP|frontal] [view|radiograph] of the chest.",
    "the patient is [rotated|slightly rotated|not rotated|kyphotic|lordotic].",
    "lung volumes are [low|normal|within normal limits|preserved|adequate].",
    "[low|normal|good|adequate] [inspiration|inspiratory effort|inspiratory volumes].",
    "the film is [well|adequately|slightly under|] [exposed|penetrated].",
    "the lungs are [well|adequately] inflated.",
    "[the study|examination|film] is [limited|mildly limited] by [rotation|technique|patient motion|body habitus].",
    "the apices are [included|not completely included|partially excluded] on this film.",
    "[good|adequate|satisfactory] positioning.",
    "technique: [portable AP|upright PA|supine AP|frontal] chest radiograph.",
)
COMPARED: tuple[str, ...] = (
    "comparison is made with the [prior|previous|most recent] [study|film|examination|radiograph].",
    "[comparison|compared with]: [prior study|previous chest radiograph|prior film].",
    "compared with the [prior|previous|most recent] [study|film|examination].",
    "the [prior|previous] [radiograph|film|study] is available for comparison.",
)
UNCOMPARED: tuple[str, ...] = (
    "no [prior|previous] [study|film|examination|radiograph] is available for comparison.",
    "comparison: none.",
    "no comparison.",
    "no prior studies for comparison.",
)


def normal(rng: Random, *, noisy: bool = True) -> Statement:
    return statement(pick(rng, ANATOMY), (), rng, noisy)


def technique(rng: Random, has_prior: bool, *, noisy: bool = True) -> Statement:
    about = COMPARED if has_prior else UNCOMPARED
    table = about if rng.random() < 0.4 else TECHNIQUE
    return statement(pick(rng, table), (), rng, noisy)
