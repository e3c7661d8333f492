"""Where a finding lies: the words before its noun ("left lower lobe") and after it ("at the left base").

Keyed by the side and the zone that are to be said: "one" is the left or the right, written with the marks `{side}`
and `{S}`; an empty zone: none is said.
"""

Place = tuple[tuple[str, ...], tuple[str, ...]]

_SIDE = ("{side}", "{side}", "{side}-sided", "{S}")

EFFUSION: dict[tuple[str, str], Place] = {
    ("one", ""): (
        (*_SIDE, "{side}", "{side} basal", "{side} basilar"),
        (
            "on the {side}",
            "on the {side} side",
            "in the {side} hemithorax",
            "in the {side} chest",
            "at the {side} base",
            "at the {side} lung base",
            "within the {side} hemithorax",
            "involving the {side} hemithorax",
            "over the {side} lung base",
            "of the {side} hemithorax",
            "on the {side}-hand side",
            "in the {side} half of the chest",
        ),
    ),
    ("both", ""): (
        ("bilateral", "bilateral", "bilateral", "bibasal", "bibasilar", "left and right", "right and left", "b/l"),
        ("on both sides", "bilaterally", "in both hemithoraces", "at both bases", "at both lung bases"),
    ),
}

PNEUMOTHORAX: dict[tuple[str, str], Place] = {
    ("one", ""): (
        _SIDE,
        (
            "on the {side}",
            "on the {side} side",
            "in the {side} hemithorax",
            "in the {side} chest",
            "within the {side} hemithorax",
            "of the {side} lung",
            "in the {side} pleural space",
            "on the {side}-hand side",
            "in the {side} half of the chest",
        ),
    ),
    ("one", "apical"): (
        ("{side} apical", "{side} apical", "{side}-sided apical", "apical {side}", "{S} apical", "{side} upper"),
        (
            "at the {side} apex",
            "at the {side} lung apex",
            "in the {side} apex",
            "over the {side} apex",
            "at the apex of the {side} lung",
            "in the {side} apical region",
            "overlying the {side} upper lung",
            "apically on the {side}",
            "at the top of the {side} lung",
            "above the {side} clavicle",
        ),
    ),
    ("one", "lateral"): (
        ("{side} lateral", "{side}-sided lateral", "lateral {side}", "{S} lateral", "{side} lateral"),
        (
            "along the {side} lateral chest wall",
            "laterally on the {side}",
            "along the lateral aspect of the {side} lung",
            "in the lateral {side} hemithorax",
            "lateral to the {side} lung",
            "along the {side} lateral pleural surface",
            "along the outer edge of the {side} lung",
            "along the {side} ribs",
        ),
    ),
    ("", "apical"): (("apical",), ("at the apex", "at the lung apex", "over the apex")),
    ("", "lateral"): (("lateral",), ("laterally", "along the lateral chest wall", "in the lateral hemithorax")),
}

LUNG: dict[tuple[str, str], Place] = {
    ("one", ""): (
        ("{side}", "{side}", "{side}-sided", "{side} lung", "{S}"),
        (
            "in the {side} lung",
            "on the {side}",
            "within the {side} lung",
            "in the {side} hemithorax",
            "of the {side} lung",
            "on the {side} side",
            "in the {side} chest",
            "projecting over the {side} lung",
            "in the {side} lung field",
            "on the {side}-hand side",
            "in the {side} half of the chest",
        ),
    ),
    ("one", "upper"): (
        ("{side} upper lobe", "{side} upper lobe", "{side} upper zone", "{side} upper lung", "{UL}", "{side} apical"),
        (
            "in the {side} upper lobe",
            "in the {side} upper zone",
            "in the {side} upper lung",
            "in the {side} upper lung field",
            "within the {side} upper lobe",
            "at the {side} apex",
            "in the upper {side} lung",
            "in the apical portion of the {side} lung",
            "in the {side} upper lung zone",
            "projecting over the {side} upper lobe",
            "at the top of the {side} lung",
            "behind the {side} clavicle",
            "in the {side} infraclavicular region",
        ),
    ),
    ("one", "mid"): (
        (
            "{side} mid zone",
            "{side} mid lung",
            "{side} middle zone",
            "{side} midlung",
            "{lingular}",
            "{side} mid-lung",
            "{middle_lobe}",
            "{side} mid",
        ),
        (
            "in the {side} mid zone",
            "in the {side} mid lung",
            "in the {side} midlung",
            "in the {side} middle zone",
            "in the {side} mid lung zone",
            "in the {side} mid lung field",
            "in the middle third of the {side} lung",
            "in the {lingula}",
            "in the mid {side} lung",
            "projecting over the {side} mid lung",
            "in the {middle_lobe}",
            "in the {middle_lobe}",
            "in the middle of the {side} lung",
            "halfway up the {side} lung",
        ),
    ),
    ("one", "lower"): (
        (
            "{side} lower lobe",
            "{side} lower lobe",
            "{side} lower zone",
            "{side} lower lung",
            "{side} basilar",
            "{side} basal",
            "{LL}",
            "{side} base",
            "{retrocardiac}",
        ),
        (
            "in the {side} lower lobe",
            "in the {side} lower zone",
            "at the {side} base",
            "at the {side} lung base",
            "in the {side} lower lung",
            "in the {side} lower lung field",
            "within the {side} lower lobe",
            "in the lower {side} lung",
            "in the {side} lower lung zone",
            "in the {retrocardiac_place}",
            "at the base of the {side} lung",
            "at the bottom of the {side} lung",
            "just above the {side} diaphragm",
            "in the lowest part of the {side} lung",
        ),
    ),
    ("both", ""): (
        ("bilateral", "bilateral", "bilateral", "bilateral pulmonary", "b/l"),
        (
            "in both lungs",
            "in each lung",
            "bilaterally",
            "on both sides",
            "in the lungs bilaterally",
            "in the left and right lungs",
        ),
    ),
    ("both", "upper"): (
        ("bilateral upper lobe", "biapical", "bilateral upper zone", "bilateral upper lung"),
        ("in both upper lobes", "in the upper lobes bilaterally", "in both upper zones", "at both apices"),
    ),
    ("both", "mid"): (
        ("bilateral mid zone", "bilateral mid lung", "bilateral midlung"),
        ("in both mid zones", "in the mid lungs bilaterally", "in the middle zones of both lungs"),
    ),
    ("both", "lower"): (
        ("bilateral lower lobe", "bibasilar", "bibasal", "bilateral lower zone", "bilateral basilar"),
        (
            "in both lower lobes",
            "at both bases",
            "at both lung bases",
            "in the lower zones bilaterally",
            "above both hemidiaphragms",
        ),
    ),
    ("", "upper"): (
        ("upper lobe", "upper zone", "apical", "upper lung"),
        (
            "in the upper lobe",
            "in the upper zone",
            "in the upper lung field",
            "at the lung apex",
            "at the top of the lung",
        ),
    ),
    ("", "mid"): (
        ("mid zone", "mid lung", "midlung"),
        ("in the mid zone", "in the mid lung", "in the middle lung field", "in the mid lung zone"),
    ),
    ("", "lower"): (
        ("lower lobe", "lower zone", "basilar", "basal", "lower lung"),
        (
            "in the lower lobe",
            "in the lower zone",
            "at the lung base",
            "at the base",
            "in the lower lung field",
            "just above the diaphragm",
        ),
    ),
}

PACEMAKER: dict[tuple[str, str], Place] = {
    ("one", ""): (
        (
            "{side}",
            "{side}-sided",
            "{side} chest wall",
            "{side} pectoral",
            "{side} chest",
            "{side} subclavian",
            "{side} anterior chest wall",
            "{side} infraclavicular",
            "{S}-sided",
        ),
        (
            "in the {side} chest wall",
            "over the {side} chest",
            "overlying the {side} hemithorax",
            "on the {side}",
            "in the {side} pectoral region",
            "projecting over the {side} upper chest",
            "in the {side} chest",
            "from a {side} subclavian approach",
            "in the {side} anterior chest wall",
            "below the {side} clavicle",
            "beneath the {side} collarbone",
            "under the skin of the {side} chest",
            "on the {side}-hand side",
        ),
    ),
}

LINE: dict[tuple[str, str], Place] = {
    ("one", ""): (
        ("{side}", "{side}", "{side}-sided", "{side}", "{S}"),
        (
            "on the {side}",
            "from a {side}-sided approach",
            "entering from the {side}",
            "inserted from the {side}",
            "placed from the {side}",
            "via a {side} approach",
            "on the {side} side",
            "via the {side} neck",
            "from the {side} neck",
            "from the {side}-hand side",
            "by a {side} approach",
        ),
    ),
}

PLACES: dict[str, dict[tuple[str, str], Place]] = {
    "pleural effusion": EFFUSION,
    "pneumothorax": PNEUMOTHORAX,
    "consolidation": LUNG,
    "nodule": LUNG,
    "cardiomegaly": {},
    "edema": {},
    "pacemaker": PACEMAKER,
    "endotracheal tube": {},
    "central venous line": LINE,
}
