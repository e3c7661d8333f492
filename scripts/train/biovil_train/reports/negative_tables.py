"""Sentences that say a finding is not there, and what each of them says of which label."""

FRAMES: tuple[str, ...] = (
    "no {bare}.",
    "no {bare}.",
    "there {is} no {bare}.",
    "there {is} no {bare}.",
    "there {is} no [definite|obvious|visible|apparent|discernible|appreciable|convincing|demonstrable] {bare}.",
    "no [definite|obvious|visible|apparent|discernible|appreciable|radiographic] {bare}.",
    "no evidence of {bare}.",
    "no [radiographic|imaging|convincing|definite|] evidence [of|for] {bare}.",
    "no [sign|signs|suggestion|findings|indication] of {bare}.",
    "there is no [evidence|sign|suggestion|indication] of {bare}.",
    "no {bare} {is} [seen|identified|noted|present|demonstrated|detected|visualized|evident|appreciated|found].",
    "{bare} {is} not [seen|identified|present|demonstrated|evident|visualized|detected|apparent].",
    "{bare} {is} absent.",
    "without {bare}.",
    "without [evidence|signs] of {bare}.",
    "absence of {bare}.",
    "absent {bare}.",
    "negative for {bare}.",
    "[study|film|chest x-ray|examination|exam|radiograph] [is|] negative for {bare}.",
    "free of {bare}.",
    "[patient|the patient] [does not have|has no] {bare}.",
    "the [film|study|radiograph|chest x-ray] [shows|demonstrates|reveals] no {bare}.",
    "the [film|study|radiograph|image] does not [show|demonstrate|reveal] {any}.",
    "[cannot identify|unable to identify|we do not see|i see no evidence of|i do not see|fails to show] {any}.",
    "[nothing to suggest|no findings to suggest|nothing to indicate] {bare}.",
    "{bare}: [none|absent|no|not present|none seen].",
    "{bare} {is} not [a feature|currently present|visible on this film].",
    "[chest|cxr|findings|impression]: no {bare}.",
    "[ruled out|excluded]: {bare}.",
    "{bare} [{is} excluded|{is} ruled out].",
    "no {bare} [at this time|on this view|on this film|on this examination|at present|currently].",
    "no {bare} [can be seen|to be seen|{is} visible].",
    "lack of {bare}.",
    "not consistent with {bare}.",
    "{bare} {is} not [found|confirmed].",
)

# Of a label with sides: none at all.
EITHER: tuple[str, ...] = ("on either side", "bilaterally", "in either hemithorax", "on the left or right")

# For what has gone since the prior film.
RESOLVED: tuple[str, ...] = (
    "{the} {has} resolved [since the prior study|in the interval|].",
    "{the} {has} [completely resolved|cleared|disappeared|resolved completely].",
    "interval resolution of {the}.",
    "[complete|interval|] [resolution|clearing] of the [previously seen|previously noted|prior|previous] {bare}.",
    "the [previously seen|previously noted|prior|previous] {bare} {has} [resolved|cleared|disappeared].",
    "the [previously seen|previously described] {bare} {is} no longer [seen|present|visible|identified|evident].",
    "{bare} no longer [seen|present|visible].",
    "{bare}, resolved.",
    "resolved {bare}.",
)
REMOVED: tuple[str, ...] = (
    "{the} {has} been removed [since the prior study|in the interval|].",
    "interval removal of {the}.",
    "[status post|s/p] removal of {the}.",
    "{the} {is} no longer [seen|present|in place].",
    "{bare} {has} been removed.",
    "{bare} removed.",
)
EXTUBATED: tuple[str, ...] = (
    "the patient has been extubated.",
    "interval extubation.",
    "status post extubation.",
    "[patient|now] extubated.",
)

SENTENCES: dict[str, tuple[str, ...]] = {
    "pleural effusion": (
        "the {side} costophrenic [angle|sulcus] is [sharp|clear|well defined|preserved|not blunted].",
        "the costophrenic [angles|sulci] are [sharp|clear|well defined|preserved|not blunted].",
        "costophrenic angles [sharp|clear|intact].",
        "both costophrenic angles are [sharp|clear].",
        "no blunting of the [costophrenic angles|costophrenic sulci|CP angles].",
        "no [layering|free|] fluid in the pleural [space|spaces|cavity].",
        "the pleural [spaces|cavities] contain no fluid.",
        "no fluid is seen at the [bases|lung bases].",
        "sharp costophrenic angles.",
        "the pleural spaces are dry.",
        "neither costophrenic [angle|sulcus] is [blunted|obscured|filled].",
        "[sulci|recesses|angles] [sharp|deep|clear|preserved|well seen].",
        "nothing [layers|collects] in the pleural space.",
        "no [meniscus|layering|fluid level].",
    ),
    "pneumothorax": (
        "the {s} lung is [fully expanded|well expanded] without pneumothorax.",
        "both lungs are [fully|completely] expanded, no pneumothorax.",
        "no [visible|visceral|] pleural line is [seen|identified].",
        "lung markings extend to the chest wall [on both sides|throughout|].",
        "vascular markings reach the periphery [of both lungs|], no pneumothorax.",
        "no air in the pleural space.",
        "no [collapsed lung|lung collapse|pleural gas|extrapulmonary air].",
        "the lungs are fully expanded.",
        "both lungs are [up|inflated|fully inflated|expanded].",
        "lung edges [are|] not seen.",
        "neither lung [is collapsed|has collapsed|is down].",
    ),
    "consolidation": (
        "no focal [airspace|parenchymal|air-space] [disease|opacity|consolidation|opacification] [is seen|].",
        "no [lobar|focal|confluent] [consolidation|airspace process].",
        "no [radiographic|] evidence of pneumonia.",
        "no [air bronchograms|infiltrates|areas of consolidation|airspace shadowing].",
        "nothing to suggest [infection|pneumonia|an infectious process].",
        "the {side} lung is free of consolidation.",
        "the lungs are [well aerated|free of consolidation|well aerated without consolidation].",
        "no focal area of [consolidation|airspace disease].",
        "no evidence of [acute|] lung infection.",
    ),
    "cardiomegaly": (
        "[the|] [heart size|cardiac size|heart|cardiac silhouette] is [normal|within normal limits|not enlarged].",
        "the heart is [normal in size|of normal size|not enlarged|normal sized|within normal limits in size].",
        "[heart size|cardiac silhouette|heart|cardiac size|heart size and contour] [normal|within normal limits].",
        "normal [heart size|cardiac size|cardiac silhouette|heart|cardiothoracic ratio|cardiomediastinal silhouette].",
        "the [cardiomediastinal|cardiac|cardiopericardial] silhouette is [normal|unremarkable|within normal limits].",
        "the cardiothoracic ratio is [normal|less than 0.5|below 50%|within normal limits|not increased].",
        "cardiomediastinal contours are [normal|within normal limits|unremarkable].",
        "no cardiac enlargement.",
        "heart not enlarged.",
        "heart [small|slim|compact|of normal width].",
    ),
    "nodule": (
        "no [suspicious|focal|discrete|pulmonary|lung|] [nodule|nodules] or mass [is seen|].",
        "no [nodules|pulmonary nodules|masses|lung masses|coin lesion|suspicious pulmonary nodule].",
        "no [nodule|mass|focal lung lesion] is [seen|identified].",
        "no [rounded|nodular] [opacity|density|lesion] [is seen|].",
        "no pulmonary mass.",
        "neither lung [contains|harbors|harbours] a [nodule|mass|round lesion].",
        "the lungs are free of [nodules|masses|nodules and masses].",
        "no focal nodular [lesion|abnormality].",
    ),
    "edema": (
        "the pulmonary [vasculature|vascularity] is [normal|within normal limits|unremarkable|not congested].",
        "pulmonary [vasculature|vascularity] [normal|within normal limits].",
        "normal pulmonary [vasculature|vascularity|vascular markings].",
        "no [vascular|pulmonary vascular|pulmonary venous] congestion.",
        "no evidence of [failure|heart failure|CHF|fluid overload|cardiac decompensation].",
        "the patient is not in [failure|heart failure].",
        "no [Kerley lines|Kerley B lines|septal lines|signs of overload].",
        "no overt [edema|pulmonary edema|failure|congestive failure].",
        "the pulmonary vessels are [sharp|well defined|normal in caliber].",
    ),
    "pacemaker": (
        "no [cardiac device|pacemaker|pacing device|implanted cardiac device] is [seen|present].",
        "no pacing [leads|wires].",
        "no [generator|ICD|pulse generator] overlies the chest.",
        "no implanted cardiac [device|electronic device|hardware].",
    ),
    "endotracheal tube": (
        "the patient is not intubated.",
        "not intubated.",
        "[breathing|breathes] [unaided|unassisted|without a tube].",
        "[never|currently not] intubated.",
        "no [endotracheal tube|ETT|ET tube|breathing tube] [in place|is present|is seen|].",
        "there is no tube in the trachea.",
    ),
    "central venous line": (
        "no [central line|central venous catheter|CVC|central venous access] [in place|is present|is seen|].",
        "no [internal jugular|subclavian|IJ] [line|catheter] [is seen|].",
        "no indwelling [central line|central venous catheter|venous catheter].",
    ),
}

# Said of several labels at once. Clear lungs are free of the three that lie in the lung itself.
_LUNG = ("consolidation", "edema", "nodule")
_PLEURA = ("pleural effusion", "pneumothorax")
_DISEASE = (*_PLEURA, *_LUNG, "cardiomegaly")
_TUBES = ("endotracheal tube", "central venous line")
JOINT: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
    (
        _LUNG,
        (
            "the lungs are clear.",
            "[lungs|both lungs|lung fields] [are|] clear.",
            "clear lungs.",
            "the lungs are [clear bilaterally|normal|unremarkable|clear of any focal abnormality].",
            "both lungs are [clear|normal|unremarkable].",
            "the lung fields are clear.",
            "the lungs appear clear.",
            "[nothing abnormal|no disease|no abnormality] in [either lung|the lungs].",
            "the lungs are [free of disease|without abnormality|spared|clear and well aerated].",
            "normal lungs.",
        ),
    ),
    (
        _PLEURA,
        (
            "the pleural [spaces|surfaces] are [clear|normal|unremarkable].",
            "no pleural [abnormality|disease|process].",
            "the pleural spaces contain [neither air nor fluid|no air and no fluid].",
            "the lungs are fully expanded and the costophrenic angles are [sharp|clear|deep].",
            "no [effusion|effusions|pleural effusion|pleural fluid] or [pneumothorax|PTX|pleural air].",
            "no [pneumothorax|PTX] or [effusion|pleural effusion].",
            "neither [effusion|pleural effusion] nor pneumothorax is [seen|present].",
            "no pleural [fluid or air|air or fluid].",
        ),
    ),
    (
        (*_LUNG, *_PLEURA),
        (
            "clear lungs and pleural spaces.",
            "the lungs are clear without effusion or pneumothorax.",
            "lungs and pleura are [normal|unremarkable|clear].",
            "no pulmonary or pleural abnormality.",
        ),
    ),
    (
        _DISEASE,
        (
            "no acute cardiopulmonary [abnormality|process|disease|findings|pathology|abnormalities].",
            "no acute [intrathoracic|cardiothoracic|chest|thoracic] [abnormality|process|pathology|disease].",
            "no [evidence of|radiographic evidence of|] acute cardiopulmonary disease.",
            "no active [cardiopulmonary|chest] disease.",
            "normal [heart and lungs|cardiopulmonary appearance].",
            "no acute [findings|abnormality] in the chest.",
            "[heart and lungs|the heart and lungs] are [normal|unremarkable|within normal limits].",
            "no acute disease.",
            "no significant abnormality of the heart or lungs.",
        ),
    ),
    (
        (*_DISEASE, "pacemaker", *_TUBES),
        (
            "normal chest [radiograph|x-ray|film|examination].",
            "[the|] chest [radiograph|x-ray|film] is [normal|unremarkable|within normal limits].",
            "normal study.",
            "[unremarkable|normal] chest.",
            "no abnormality [seen|detected|].",
        ),
    ),
    (
        _TUBES,
        (
            "no lines or tubes.",
            "[free of|without|devoid of] [lines and tubes|tubes and lines].",
            "[lines and tubes|tubes and lines]: [none|nil|all removed].",
            "all [lines and tubes|tubes and lines] are out.",
            "no [tubes or lines|support lines or tubes] [are seen|are present|].",
            "no [endotracheal tube|ETT] or [central line|CVC|central venous catheter].",
        ),
    ),
    (
        ("pacemaker", *_TUBES),
        (
            "no [medical devices|indwelling devices|implanted or indwelling devices|foreign devices] are seen.",
            "no [pacemaker|cardiac device], lines, or tubes.",
            "no [hardware|support devices|foreign material] [is seen|in the chest|projects over the thorax|].",
            "the [chest|thorax] is free of [hardware|devices|foreign material].",
            "no lines, tubes, or [cardiac device|pacemaker].",
        ),
    ),
    (
        ("cardiomegaly", "edema"),
        (
            "no cardiomegaly or [edema|pulmonary edema|congestion].",
            "normal heart size and pulmonary vascularity.",
            "the heart is not enlarged and the lungs are dry.",
            "heart of normal size, vessels of normal [calibre|caliber].",
            "the heart and pulmonary vessels are normal.",
            "no cardiac enlargement or failure.",
        ),
    ),
    (
        ("consolidation", "pleural effusion"),
        (
            "no [consolidation|pneumonia|infiltrate] or [effusion|pleural effusion].",
            "no [effusion|pleural effusion] or [consolidation|pneumonia|airspace disease].",
            "free of [infiltrate|consolidation] or effusion.",
        ),
    ),
    (("consolidation", "nodule"), ("no focal [lung|pulmonary|] [abnormality|lesion|opacity] [is seen|].",)),
    (("consolidation", "edema"), ("no [pneumonia|consolidation] or [edema|pulmonary edema|CHF|vascular congestion].",)),
    (
        ("consolidation", *_PLEURA),
        (
            "no [focal consolidation|consolidation|airspace disease|pneumonia], [pleural effusion|effusion], or "
            "[pneumothorax|PTX].",
            "no focal consolidation, pleural effusion, or pneumothorax [is seen|is identified|is present].",
            "negative for [pneumonia|consolidation], effusion, and pneumothorax.",
        ),
    ),
)
