"""Sentences that describe a finding, or its absence, by its look; read as the frames of `flip_frames`.

`{s}` is the side where one is said. A line that says "there" must not name a zone or a severity.
"""

_BLUNT = (
    "<[blunted|obscured|effaced|filled in|lost|hazy|not sharp|not clear|not well seen|filled with fluid|hidden|not "
    "deep|shallow with fluid] / [sharp|clear|deep|preserved|not blunted|not obscured|not effaced|well seen|crisp|acute|"
    "open|intact|free of fluid|not filled in]>"
)
_ANGLE = "[costophrenic angle|costophrenic sulcus|costophrenic recess|CP angle|lateral sulcus|pleural recess]"
_ANGLES = "[costophrenic angles|costophrenic sulci|costophrenic recesses|CP angles|pleural recesses]"
_HEART = (
    "[heart|cardiac silhouette|cardiac shadow|heart shadow|cardiac outline|cardiac contour|heart size|cardiac size|"
    "size of the heart]"
)
_VESSELS = "[pulmonary vessels|vessels|lung vessels|vascular markings|pulmonary veins|vessel margins]"
_INFECTED = "[consolidation|infiltrate|infection|pneumonia|airspace disease|shadowing|air-space shadowing]"
_ROUND = (
    "[round opacity|coin lesion|mass-like focus|rounded shadow|lung mass|round shadow|discrete lesion|round density|"
    "focal nodule|nodular shadow|nodular patch|rounded focus]"
)
_BOX = (
    "[generator|pulse generator|pacing box|pacemaker box|pacemaker battery|pacing lead|pacer wire|pacing wire|cardiac "
    "device|pacing system|pacemaker|defibrillator]"
)
_LINE = (
    "[central line|central venous line|central venous catheter|CVC|central venous cannula|central cannula|central "
    "catheter]"
)
_TUBE = "[tube|breathing tube|endotracheal tube|ETT|tracheal tube]"

SENTENCES: dict[str, dict[str, tuple[str, ...]]] = {
    "pleural effusion": {
        "plain": (
            f"the {{side}} {_ANGLE} is {_BLUNT}.",
            f"the {{side}} {_ANGLE} is {_BLUNT}.",
            f"{{side}} {_ANGLE} {_BLUNT}.",
            f"<{{both}} / both> {_ANGLES} are {_BLUNT}.",
            f"<{{both}} / the> {_ANGLES} are {_BLUNT}.",
            f"<a {_ANGLE} is [blunted|not sharp|not clear|obscured|filled in|effaced] / [each|every] {_ANGLE} is "
            "[sharp|deep|not blunted|clear|not obscured|well seen]>.",
            f"<{{both}} / neither of the> {_ANGLES} <are / is> [blunted|obscured|filled in|effaced].",
            f"<a / no> {_ANGLE} is [blunted|obscured|effaced|filled in].",
            "the {s} pleural [space|cavity] is <[wet|not dry|fluid-filled|not free of fluid] / [dry|free of fluid|"
            "devoid of fluid|not wet|clear of fluid]>.",
            "<a / no> [meniscus|fluid level|fluid layer|pocket of fluid|pleural collection] [is seen|is present|is "
            "visible|can be seen|].",
            "<a / no> [meniscus|fluid level|fluid layer|pocket of fluid|collection] on the {side}.",
            "<fluid / no fluid> is [layering|pooling|seen layering] in the {s} [pleural space|hemithorax|pleural "
            "cavity].",
            "<[fluid|liquid] / no [fluid|liquid]> [has collected|has accumulated|has pooled|lies|is seen|is found] in "
            "the {s} [pleural space|pleural cavity|hemithorax].",
            "the {side} [hemidiaphragm|diaphragm|dome of the diaphragm] is <[hidden|obscured|masked] / [not hidden|not "
            "obscured|not masked]> by fluid.",
            "the {side} lung base is <[bathed in|surrounded by|covered by|not free of] / [free of|clear of|not bathed "
            "in|not surrounded by]> fluid.",
            "<[layering|there is layering] / [no layering|there is no layering]> of fluid [on the film|is seen|].",
            "the pleural [recesses|spaces] <contain / do not contain> fluid.",
            "<fluid / no fluid> [surrounds|bathes|lies around|is seen around] the {s} lung.",
            "the gap between the {s} lung and [the ribs|the chest wall] is <filled with / free of> fluid.",
            "the {side} costophrenic [angle|recess] <contains / contains no> fluid.",
            "the {side} diaphragm <is drowned in / stands clear of> fluid.",
            "the {s} lung is <floating on / not floating on> pleural fluid.",
        ),
        "gone": (
            "the {s} pleural [fluid|collection|effusion] <has [not|yet to be|still not been] / has [been|now been|"
            "completely been]> [drained|evacuated|reabsorbed|resorbed|aspirated].",
            "the {s} pleural [fluid|collection|effusion] has <[not|still not] / [now|completely|]> [dried up|dried out|"
            "drained away|cleared|gone].",
            f"the {{side}} {_ANGLE} has <[not|still not] / [now|]> [cleared|opened up|become sharp|regained its "
            "sharpness|returned to normal].",
            f"the {{side}} {_ANGLE} is <still / no longer> [blunted|obscured|effaced|filled in|hazy].",
            f"<a {_ANGLE} is still / the {_ANGLES} are no longer> [blunted|obscured|effaced].",
            "<[undrained|unresolved] / [fully drained|resolved]> {s} [effusion|pleural collection].",
            "the {s} pleural space <has not dried out / has dried out>.",
            "after drainage <fluid is still / no fluid is> seen in the {s} pleural space.",
            "the {s} [effusion|pleural fluid] has <[not|still not] / [now|]> [vanished|drained|melted away|been "
            "tapped off].",
            "the fluid around the {s} lung is <still there / gone>.",
        ),
        "lasts": (
            "fluid <remains / no longer remains> in the {s} pleural space.",
            f"the {{side}} {_ANGLE} <remains blunted / is no longer blunted>.",
            f"<a {_ANGLE} remains / the {_ANGLES} are no longer> blunted.",
            "the {s} lung <remains / is no longer> surrounded by fluid.",
        ),
        "arisen": (
            f"the {{side}} {_ANGLE} is <no longer / still> [sharp|clear|deep|well seen|preserved].",
            f"the {{side}} {_ANGLE} has <[become|now become] / not become> [blunted|obscured|effaced|filled in].",
            "fluid has <[now|] / not> [reaccumulated|recollected|returned|come back] in the {s} pleural space.",
            "the {s} pleural [space|cavity] is <no longer / still> [dry|free of fluid].",
            f"<a {_ANGLE} is no longer / the {_ANGLES} are still> [sharp|clear|deep].",
            "fluid has <[now|] / not> [gathered|built up] around the {s} lung.",
        ),
    },
    "pneumothorax": {
        "plain": (
            "the {s} lung is <[not fully|incompletely|not completely|only partly] / [fully|completely|entirely|well]> "
            "[expanded|inflated].",
            "<{s} lung is [not fully|incompletely] / {s} lung is [fully|completely]> [expanded|inflated].",
            "the {s} lung <[is down|has come away from the chest wall|does not reach the chest wall|falls short of the "
            "chest wall|is separated from the ribs] / [is up|is fully up|reaches the chest wall|abuts the chest wall|"
            "meets the ribs everywhere]>.",
            "<a / no> [pleural line|pleural edge|lung edge|visceral edge|lung margin|visceral pleural line] is "
            "[visible|seen|traced|identified|discernible].",
            "<a / no> [pleural line|pleural edge|lung edge|visceral edge|lung margin] on the {side}.",
            "the {side} [lung edge|pleural line|lung margin|visceral pleura] is <[visible|seen|traceable] / [not "
            "visible|not seen|not traceable|invisible]>.",
            "<[air|gas] / no [air|gas]> [has escaped into|has entered|is trapped in|lies in|is seen in|leaks into] "
            "the {s} pleural [space|cavity].",
            "lung markings <[fall short of|do not reach|stop short of|do not extend to] / [reach|extend to|continue to|"
            "run all the way to]> the {s} [chest wall|ribs|thoracic wall].",
            "<a / no> [pocket|rim|bubble|crescent|sliver|collection] of [pleural air|air|gas] [around|beside|along] "
            "the {s} lung.",
            "the {s} lung <has / has not> [collapsed|come down|deflated].",
            "the {s} lung is <collapsed / not collapsed>.",
            "the {s} lung is <[not free of|affected by] / [free of|not affected by]> collapse.",
            "the {s} pleural space <contains / [contains no|is free of|does not contain]> [air|gas].",
            "<[a lung is|one of the lungs is] down / [both lungs are|the two lungs are] up>.",
            "<[a lung is|one of the lungs is] not / both lungs are> [fully expanded|inflated|up].",
            "<lung markings are missing / no lung markings are missing> beyond [the pleura|the lung edge].",
            "<air / no air> [surrounds|lies around|outlines] the {s} lung.",
            "the {s} lung <[has shrunk away from|has dropped away from|is held off] / [reaches|touches|lies "
            "against|extends out to]> the [ribs|chest wall].",
            "<a / no> [dark|black] rim of air [around|beside] the {s} lung.",
            "vessels <cannot / can> be [followed|traced] out to the {s} ribs.",
            "<an / no> air gap is [seen|present] between the {s} lung and the [ribs|chest wall].",
        ),
        "gone": (
            "the {s} lung <[has not|has still not] / [has|has now]> [re-expanded|reexpanded|reinflated|come back up|"
            "fully re-expanded].",
            "the {s} lung <[has failed to|has yet to] [re-expand|reinflate|come up] / [has now re-expanded|is up "
            "again|has reinflated]>.",
            "<[failed|no full|incomplete] / [full|complete|successful]> re-expansion of the {s} lung.",
            "the [pleural air|air in the pleural space|pleural gas] has <[not|still not] / [now|]> [gone|cleared|been "
            "evacuated|been absorbed|resolved].",
            "the {s} [pleural line|lung edge|visceral edge] is <still / no longer> [visible|seen|traceable].",
            "the {s} lung is <still / no longer> [down|collapsed|deflated].",
            "the {s} lung is <not yet / once more> [fully up|fully inflated|back against the chest wall].",
            "the air around the {s} lung is <still there / gone>.",
        ),
        "lasts": (
            "the {s} lung <remains [collapsed|down] / is no longer [collapsed|down]>.",
            "air <remains / no longer remains> in the {s} pleural space.",
            "the {s} lung <stays / is no longer> [deflated|collapsed].",
        ),
        "arisen": (
            "the {s} lung is <no longer / still> [fully expanded|fully inflated|fully up].",
            "the {s} lung <[has now collapsed|has come down] / [has not collapsed|has stayed up]>.",
            "pleural air has <[reappeared|recurred|returned|come back] / not [reappeared|recurred|returned|come back]> "
            "[on the {side}].",
            "pleural air has <[now|] / not> [reappeared|recurred|returned|come back].",
            "air has <[now|] / not> [leaked|escaped] around the {s} lung.",
        ),
    },
    "consolidation": {
        "plain": (
            f"the {{s}} lung is <[not clear of|not free of|not spared from] / [clear of|free of|spared from|devoid of|"
            f"without]> {_INFECTED}.",
            f"<one of the lungs is not / the lungs are> [clear of|free of] {_INFECTED}.",
            "<air bronchograms are / no air bronchograms are> [seen|visible|present] in the {s} lung.",
            "air bronchograms are <[seen|visible|present] / [not seen|not visible|absent]>.",
            "the {s} lung is <[opacified|not aerated|not transparent|poorly aerated|shadowed|whitened|consolidated|"
            "airless] / [aerated|well aerated|not opacified|normally aerated|transparent|not consolidated|not "
            "airless]>.",
            "<a / no> [patch|area|focus|shadow] of [whiteness|airspace filling|pneumonic change|consolidation|"
            "airlessness|infection|pneumonia] is [seen|visible|present] in the {s} lung.",
            "<a / no> [white patch|pneumonic patch|patch of infection|confluent shadow|consolidated area|infective "
            "shadow] is [seen|visible|present].",
            "the air spaces are <[filled|not clear|opacified] / [not filled|clear|open|full of air]>.",
            "<pneumonic / no pneumonic> [changes|shadowing|consolidation] in the {s} lung.",
            "changes of [pneumonia|infection] are <[present|seen] / [absent|not seen|lacking]>.",
            "the patient <has / does not have> [pneumonia|a chest infection|a lung infection|pneumonic consolidation].",
            "<[with|there is] / [without|there is no]> [pneumonic shadowing|airspace shadowing|infective "
            "consolidation].",
            "the {s} lung <[shows|contains] / [shows no|contains no|lacks]> [consolidation|infiltrate|pneumonic "
            "shadowing|air bronchograms].",
            "the {s} lung is <[poorly|not normally] / [well|normally]> [aerated|filled with air].",
            "<infection / no infection> of the {s} lung.",
            "the {s} lung is <[infected|inflamed] / [not infected|not inflamed|free of infection]>.",
            "the air spaces of the {s} lung are <[filled|full of exudate|solid] / [open|free of exudate|full of air]>.",
            "<[cloudy|woolly|pneumonic] / no [cloudy|woolly|pneumonic]> [shadowing|opacification] in the {s} lung.",
            "the {s} lung <has / has not> [solidified|consolidated].",
        ),
        "gone": (
            "the {s} lung has <[not|still not|not yet] / [now|completely|]> cleared [of infection|of consolidation|of "
            "infiltrate].",
            "the [pneumonia|infection|infiltrate|consolidation|pneumonic shadow] <is unresolved / has resolved>.",
            "the {s} [pneumonia|infiltrate|consolidation|shadowing] <has [yet|failed] to clear / has [now|finally] "
            "cleared>.",
            "the {s} lung is <still / no longer> [consolidated|opacified|shadowed|infected].",
            "the {s} [infiltrate|pneumonia|consolidation] has <[not|still not] / [now|]> [gone|cleared|been absorbed|"
            "healed].",
            "aeration of the {s} lung has <not / > [returned to normal|been restored|normalized|normalised].",
            "[after treatment|after antibiotics] the pneumonia has <[not|still not] / [now|]> [cleared|gone|resolved].",
            "the {s} lung has <[not|still not] / [now|]> [reaerated|re-aerated|recovered from the pneumonia].",
            "the shadowing in the {s} lung has <[not|still not] / [now|]> [cleared|melted away|vanished].",
        ),
        "lasts": (
            "the {s} lung <remains / is no longer> [consolidated|opacified].",
            "[pneumonia|consolidation|infiltrate] <persists / no longer persists> in the {s} lung.",
            "infection <lingers in / has cleared from> the {s} lung.",
        ),
        "arisen": (
            f"the {{s}} lung is <no longer / still> [clear of|free of] {_INFECTED}.",
            "the {s} lung has <[become|now become] / not become> [consolidated|opacified|infected].",
            "[pneumonia|consolidation|infection] has <[now|] / not> [returned|recurred|reappeared] in the {s} lung.",
            "the {s} lung is <no longer / still> [well aerated|normally aerated|fully aerated].",
            "the {s} lung <now shows / still shows no> [consolidation|pneumonia|pneumonic shadowing].",
        ),
    },
    "cardiomegaly": {
        "plain": (
            f"the {_HEART} is <[not normal|too big|above normal|not within normal limits|larger than normal|greater "
            "than normal|beyond normal limits|abnormal] / [normal|not too big|within normal limits|not above normal|no "
            "larger than normal|no greater than normal|not beyond normal limits|not abnormal|unremarkable]>.",
            "the [cardiothoracic ratio|CTR|cardiothoracic index] is <[above|over|more than|greater than|in excess of|"
            "higher than] / [below|under|less than|not above|not more than|lower than]> [one half|half|0.5|50%|50 "
            "percent|the normal limit].",
            "the [cardiothoracic ratio|CTR|heart width] <exceeds / does not exceed> [one half|half|50%|the normal "
            "limit|the normal range].",
            "the [cardiothoracic ratio|CTR] is <[raised|abnormal|increased|elevated|not normal] / [normal|not raised|"
            "not abnormal|not increased|not elevated]>.",
            "the heart [occupies|takes up|spans] <[more|not less] / [less|not more]> than half of the [thorax|chest|"
            "thoracic width|chest width|hemithoraces].",
            "the [cardiac contour|cardiac border|cardiac outline|heart shadow|heart border] is <[enlarged|widened|"
            "broadened|not normal|expanded|swollen] / [normal|not widened|trim|not broadened|not enlarged|slim]>.",
            "<[an enlarged|a big|an oversized|an abnormally sized] / [a normal|a small|a compact|a normally sized|a "
            "trim]> heart.",
            "heart size <exceeds / does not exceed> [the normal range|normal limits|what is normal].",
            "the heart is <[not of|larger than] / [of|within]> normal [size|dimensions|width].",
            "<abnormal / normal> [heart size|cardiac size|cardiac diameter|transverse heart diameter].",
            "the heart <is / is not> [enlarged|big|wide|dilated|oversized|widened].",
            "[heart|cardiac size|heart size] <not / > [normal|within normal limits|in the normal range].",
            "the heart looks <[too big|enlarged|wide|big] / [normal|small|of ordinary size|slim|not enlarged]>.",
            "the heart <has / has not> [outgrown normal limits|exceeded normal size].",
            "the heart is <more than / less than> half as wide as the [chest|thorax].",
            "the heart [fills|covers] <more / less> than half of the [chest|chest width].",
            "the heart is <[too wide|too broad|oversized] / [not too wide|not too broad|not oversized]> for the chest.",
            "the [cardiac chambers|heart chambers] are <[dilated|enlarged] / [not dilated|not enlarged|of normal "
            "size]>.",
            "the heart-to-chest ratio is <[above|over] / [below|under]> [a half|50%].",
            "the heart borders <lie / do not lie> beyond their normal position.",
        ),
        "gone": (
            "the heart <[has not|has still not|has yet to] / [has|has now|has finally]> [returned to normal size|come "
            "back to normal size|become normal in size].",
            "the [heart|cardiac silhouette|heart shadow] is <still / no longer> [enlarged|big|too big|above normal|"
            "wide|oversized].",
            "[heart size|cardiac size|the cardiothoracic ratio] has <[not|still not] / [now|]> [normalised|normalized|"
            "returned to normal].",
            "the heart is <[still not|not yet] / [now|again]> [normal|of normal size|within normal limits].",
            "the heart has <[not|still not] / [now|]> shrunk back to normal size.",
            "the CTR has <[not|still not] / [now|]> fallen below [a half|50%].",
        ),
        "lasts": (
            "the [heart|cardiac silhouette|heart shadow] <remains / is no longer> [enlarged|big|above normal].",
            "cardiac enlargement <persists / no longer persists>.",
            "the heart <stays / is no longer> [big|oversized|enlarged].",
        ),
        "arisen": (
            "the [heart|cardiac silhouette|heart size] is <no longer / still> [normal|of normal size|within normal "
            "limits|not enlarged].",
            "the heart has <[become|now become] / not become> [enlarged|big|too big|wide].",
            "[heart size|the cardiothoracic ratio] <has risen above / has stayed below> the normal limit.",
            "the CTR has <[now|] / not> [risen above|exceeded] [a half|50%].",
        ),
    },
    "nodule": {
        "plain": (
            f"<a / no> {_ROUND} is [seen|visible|found|detected|identified|present] in the {{s}} lung.",
            f"<a / [no|not a single]> {_ROUND} is [seen|visible|found|detected|identified|present].",
            f"there is <a / [no|not a]> {_ROUND} in the {{s}} lung.",
            f"the {{s}} lung [harbors|harbours|contains|holds|shows] <a / no> {_ROUND}.",
            "the {s} lung is <[not free|not clear|not devoid] / [free|clear|devoid]> of [nodules|masses|coin lesions|"
            "round opacities|nodular shadows].",
            "<[something|a thing] / nothing> [round|nodular|mass-like|coin-shaped] [is seen|lies|is visible|is found] "
            "in the {s} lung.",
            "<[a nodule or mass|either a nodule or a mass] / [neither nodule nor mass|no nodule and no mass]> is "
            "[seen|present|identified].",
            "the {s} lung <has a / [has no|lacks a|is without a]> [nodule|coin lesion|round opacity].",
            f"[lungs|lung fields|pulmonary fields] <with a / without a> {_ROUND}.",
            "the {s} lung <[is studded by|bears] a / [is not studded by|does not bear] a> [nodule|round lesion|round "
            "shadow].",
            f"a {_ROUND} is <[there|visible|apparent|demonstrated] / [not there|not visible|not apparent|not "
            "demonstrated]>.",
            "<a / no> [spot|lump|round spot|growth|tumour|tumor] [is seen|lies|is visible] in the {s} lung.",
            "the {s} lung [hides|carries|bears] <a / no> [tumour|tumor|nodule|mass|lump].",
            "<a single / not a single> [nodule|round lesion|coin lesion] in the {s} lung.",
            "<something / nothing> round lies in the {s} lung.",
        ),
        "gone": (
            "the {s} lung [nodule|mass|lesion] has <[not|still not] / [now|]> [disappeared|gone|vanished|been "
            "resected|been removed|been excised].",
            "the [coin lesion|nodule|round opacity|rounded shadow] is <still / no longer> [there|seen|visible|"
            "present].",
            "the {s} lung is <[still not|not yet] / [now|again]> free of nodules.",
            "<unresected / resected> {s} lung nodule.",
            "the [spot|lump|nodule|growth] in the {s} lung is <still there / gone>.",
            "the {s} lung nodule has <[not|still not] / [now|]> [melted away|faded away|involuted].",
        ),
        "lasts": (
            "the {s} lung nodule <[persists|remains] / [no longer persists|has gone]>.",
            f"a {_ROUND} <remains visible / is no longer visible> in the {{s}} lung.",
            "the {s} lung <still holds / no longer holds> [a nodule|a mass|a round lesion].",
        ),
        "arisen": (
            f"a {_ROUND} has <[now|since|] / [not|never]> [appeared|developed|reappeared|grown] in the {{s}} lung.",
            "the {s} lung is <no longer / still> free of [nodules|masses|round lesions].",
            "a [spot|lump|nodule] has <[now|] / not> [come up|sprung up|become visible] in the {s} lung.",
        ),
    },
    "edema": {
        "plain": (
            "the lungs are <[wet|not dry|waterlogged|overloaded|oedematous|edematous|congested|moist|not free of "
            "fluid] / [dry|not wet|not waterlogged|not overloaded|not oedematous|not edematous|not congested|free of "
            "fluid]>.",
            f"the {_VESSELS} are <[indistinct|blurred|ill-defined|not sharp|engorged|distended|not normal in calibre|"
            "fuzzy|hazy|plump|not normal|swollen|not crisp|not distinct] / [sharp|distinct|crisp|not blurred|not "
            "engorged|of normal calibre|normal in caliber|well defined|not distended|normal|thin|not indistinct|not "
            "hazy]>.",
            f"{_VESSELS} <[indistinct|not sharp|blurred|engorged] / [distinct|sharp|not blurred|not engorged]>.",
            "the patient is <[in failure|overloaded|fluid overloaded|decompensated|not compensated|in heart failure|"
            "in cardiac failure|volume overloaded] / [not in failure|not overloaded|compensated|not decompensated|"
            "well compensated|not in heart failure|not in cardiac failure|not volume overloaded]>.",
            "the interstitium is <[thickened|abnormal|not normal|waterlogged|prominent] / [normal|not thickened|thin|"
            "dry|not prominent|not abnormal]>.",
            "interstitial markings are <[thickened|increased|prominent|not normal] / [normal|thin|not increased|not "
            "prominent|not thickened]>.",
            "[Kerley lines|Kerley B lines|septal lines] are <[present|seen|visible|drawn] / [absent|not seen|not "
            "visible|lacking]>.",
            "<[there is|with] / [there is no|without]> [cephalisation|cephalization|vascular redistribution|upper zone "
            "diversion|peribronchial cuffing|perihilar haze|congestion|fluid overload].",
            "the hila are <[hazy|blurred|not crisp|congested] / [crisp|not hazy|not blurred|not congested]>.",
            "heart failure is <not / > [compensated|controlled].",
            "the blood vessels of the lungs are <[full|engorged|swollen] / [not full|not engorged|not swollen]>.",
            "the pulmonary circulation is <[congested|overfilled|overloaded] / [not congested|not overfilled|not "
            "overloaded|normal]>.",
            "<water / no water> [in|on] the lungs.",
            "pulmonary [vascularity|venous pressure|blood volume] is <[not normal|increased|raised] / [normal|not "
            "increased|not raised]>.",
            "the lungs <[hold|contain] fluid / [hold|contain] no fluid>.",
            "the lungs are <[soggy|full of fluid|filled with water] / [not soggy|free of fluid|free of water]>.",
            "the heart is <[failing|in failure] / [not failing|not in failure]>.",
            "the upper lobe veins are <[distended|dilated] / [not distended|not dilated]>.",
            "fluid is <backing / not backing> up into the lungs.",
            "<there is / there is no> [CCF|LVF|cardiac failure|circulatory overload|hypervolemia].",
            "the interlobular septa are <[thickened|visible] / [not thickened|not visible|thin]>.",
            "the bronchial walls are <cuffed / not cuffed> by fluid.",
        ),
        "gone": (
            "the lungs <[have not|have still not|have yet to be] / [have|have now|have finally]> [dried out|dried|"
            "cleared of fluid|decongested].",
            "the patient is <still / no longer> [in failure|overloaded|congested|fluid overloaded|in heart failure].",
            "the [congestion|fluid overload|failure|oedema|edema] has <[not|still not|not yet] / [now|]> [cleared|"
            "resolved|settled|gone].",
            f"the {_VESSELS} are <still / no longer> [blurred|indistinct|engorged|hazy|distended].",
            f"the {_VESSELS} have <[not|still not] / [now|]> [regained their sharpness|returned to normal|become "
            "sharp].",
            "the lungs are <still / no longer> [wet|waterlogged|congested|oedematous|edematous].",
            "[after diuresis|after diuretics|after dialysis] the lungs are <still wet / dry>.",
            "the water in the lungs is <still there / gone>.",
            "[after treatment|after diuresis] the lungs have <[not|still not] / [now|]> [dried out|cleared of water].",
        ),
        "lasts": (
            "the lungs <remain / are no longer> [wet|congested|waterlogged].",
            "fluid <remains / no longer remains> in the lungs.",
            "the lungs <stay / are no longer> [wet|soggy|oedematous].",
            "the patient <remains / is no longer> [in failure|overloaded].",
        ),
        "arisen": (
            "the lungs are <no longer / still> [dry|free of fluid].",
            f"the {_VESSELS} are <no longer / still> [sharp|crisp|distinct|of normal calibre|normal].",
            "the patient has <[now|] / not> [gone into failure|slipped into failure|become overloaded|decompensated].",
            "the patient is <no longer / still> [compensated|free of congestion].",
            "water has <[now|] / not> [seeped|leaked] into the lungs.",
        ),
    },
    "pacemaker": {
        "plain": (
            f"<a / no> {_BOX} [overlies|is seen over|projects over|lies over|is projected over] the [chest|heart|"
            "thorax|chest wall].",
            "<a / no> [generator|pulse generator|pacing box|pacemaker box|pacemaker battery|pacemaker] [overlies|is "
            "seen over|lies over] the {side} [chest|hemithorax|pectoral region|chest wall].",
            "the heart is <[paced|not unpaced] / [not paced|unpaced|free of leads|without leads]>.",
            f"the patient <has / does not have> a {_BOX}.",
            f"a {_BOX} is <[implanted|sited|in situ] / [not implanted|not sited|not in situ]>.",
            "<[leads|wires|pacing electrodes] / no [leads|wires|pacing electrodes]> [run to|reach|end in|lead to] the "
            "[heart|cardiac chambers].",
            "[pacing|cardiac|pacemaker] hardware is <[present|seen|implanted] / [absent|not seen|not implanted]>.",
            "<[cardiac|pacing] / no [cardiac|pacing]> hardware.",
            "the {side} [chest wall|pectoral region|axilla] <[carries a|bears a|contains a] / [is without a|carries no|"
            "bears no|contains no]> [generator|pacing box|pacemaker].",
            "[pacing|pacemaker] [leads|wires] are <[present|seen|there] / [absent|not seen|not there]>.",
            "<a / no> [metallic box|battery|pacing unit|rhythm device] [sits|lies|is seen] [under|beneath] the "
            "{side} [collarbone|clavicle].",
            "the patient is <paced / not paced>.",
            "the chest wall [bears|holds|carries] <a / no> [generator|device box|pacing unit].",
            "<[wires|leads] run / no [wires|leads] run> from the {side} [chest wall|pectoral region] to the heart.",
        ),
        "gone": (
            "the [pacemaker|generator|pacing box|pacing system|ICD] has <[not|not yet] / [now|since|]> been "
            "[explanted|removed|taken out|extracted].",
            "the {s} [pacemaker|generator|pacing box] is <still / no longer> [implanted|in place|in situ|there].",
            "<[retained|unexplanted] / [explanted|removed|extracted]> {s} pacemaker.",
            "the pacing [leads|wires] have <[not been|still not been] / [been|now been]> [removed|"
            "extracted|taken out|pulled].",
            "[patient|seen|film] <before / after> pacemaker explantation.",
            "the {s} [generator|pacing unit|pacemaker] is <[still|] under the skin / no longer under the skin>.",
            "the pacing [leads|wires|electrodes] are <still in / [now out|no longer in]>.",
            "the {s} generator pocket is <[still occupied|not empty] / [empty|now empty|no longer occupied]>.",
        ),
        "lasts": (
            "the {s} [pacemaker|generator|pacing box] <remains implanted / is no longer implanted>.",
            "the {s} pacing unit <stays in place / has been taken out>.",
            "pacing leads <remain / no longer remain> in the heart.",
        ),
        "arisen": (
            "a [pacemaker|pacing system|pacing box|ICD] has <[now|since|] / [not|never]> been [implanted|placed|"
            "inserted|fitted|sited].",
            "a {s} [pacemaker|generator] has <[now|since|] / [not|never]> been [implanted|placed|inserted|fitted|"
            "sited].",
            "the patient has <[now|since|] / [not|never]> been fitted with a [pacemaker|pacing unit|generator].",
            "the patient <now has a / still has no> {s} [pacemaker|pacing unit|generator].",
        ),
    },
    "endotracheal tube": {
        "plain": (
            "the patient is <[intubated|breathing through a tube|ventilated through a tube|not breathing unaided] / "
            "[not intubated|breathing unaided|breathing unassisted|breathing without a tube|breathing spontaneously "
            "without a tube|free of any breathing tube]>.",
            f"the [trachea|airway|windpipe|tracheal lumen] <[contains|holds] a / [contains|holds] no> {_TUBE}.",
            f"<a / no> {_TUBE} is [seen|visible|present|lying|found] in the [trachea|airway|windpipe].",
            f"a {_TUBE} is <[present|seen|visible|there] / [not present|not seen|not visible|absent]> in the "
            "[trachea|airway].",
            "<[intubated|tube in the trachea] / [unintubated|not intubated|no tube in the trachea]>.",
            "the [trachea|airway|windpipe] is <[occupied by a tube|not free of tubes|not without a tube|intubated] / "
            "[free of tubes|clear of any tube|without a tube|not intubated|devoid of a tube]>.",
            "the airway is <[secured by a tube|protected by a tube] / [native, without a tube|not secured by a tube|"
            "natural, no tube]>.",
            "the patient <is / is not> intubated.",
            "[breathing|ventilation] is <through a tube / [without a tube|unaided|not through a tube]>.",
            "the patient <[needs|has|uses] / [needs no|has no|is without a]> [tube to breathe|breathing tube].",
            "the windpipe is <[tubed|not empty] / [empty|untubed|free of any tube]>.",
            "the patient is <ventilated via a tube / self-ventilating without a tube>.",
            "<a / no> tube [passes|runs] down the [trachea|windpipe].",
            "<a / no> tube tip [lies|is seen] above the carina.",
            "the patient <[breathes|is breathing] via a tube / [breathes|is breathing] [freely|without any "
            "tube|on room air, no tube]>.",
        ),
        "gone": (
            "the patient <[is still|is] intubated, not [yet|] extubated / is no longer intubated, [now|] extubated>.",
            "the patient <[has not|has not yet|has never] / [has|has now|has since]> been extubated.",
            "the patient <is still intubated / [has been extubated|is extubated|is off the tube]>.",
            "the patient is <still / no longer> [intubated|breathing through a tube].",
            "extubation has <[not|not yet] / [now|]> [taken place|been performed|occurred|been carried out].",
            f"the {_TUBE} has <been left in / [come out of|been taken out of|been pulled from]> the [trachea|airway].",
            "<[awaiting|prior to|before] / [following|after|status post]> extubation.",
            "<not extubated / extubated>.",
            "the breathing tube is <[still in|not out] / [out|gone|no longer in]>.",
            "the tube in the trachea is <still there / gone>.",
            "the patient <[has yet to be|is still not] / [has been|is now]> extubated.",
        ),
        "lasts": (
            "the patient <remains / is no longer> intubated.",
            "<remains / no longer> intubated.",
            "the tube <stays in / is out of> the [trachea|windpipe].",
            "the patient <is kept intubated / has come off the tube>.",
        ),
        "arisen": (
            "the patient has <[now|since|recently|] / [not|never]> been [intubated|reintubated|re-intubated].",
            "the patient is <[now|newly] / still not> intubated.",
            "the patient is <no longer / still> breathing [unaided|without a tube].",
            "[intubation|reintubation] has <[now|] / not> [taken place|been necessary|been performed].",
            "a tube has <[now|] / not> been passed into the [trachea|windpipe].",
            "the patient has <[now|] / not> [required|undergone] intubation.",
        ),
    },
    "central venous line": {
        "plain": (
            "<a / no> [line|catheter|venous cannula|catheter tip|line tip] [is seen|lies|projects|ends|terminates] in "
            "the [SVC|superior vena cava|vena cava|great veins|central veins].",
            "the [SVC|superior vena cava] <[contains|holds] a / [contains|holds] no> [line|catheter|cannula].",
            "the central veins <[contain|hold] a / [contain|hold] no> [line|catheter|cannula].",
            "central [venous|] access is <[present|established|in place] / [absent|lacking|not present|not established|"
            "not in place]>.",
            "the patient <has / [is without|lacks|has no]> central venous access.",
            "the {side} [jugular vein|internal jugular vein|subclavian vein] <[holds|contains] a / [holds|contains] "
            "no> [catheter|line|cannula].",
            "<a / no> [line|catheter|cannula] [is seen|lies|enters] in the {side} [jugular vein|internal jugular vein|"
            "subclavian vein].",
            f"<a / no> {_LINE} is [seen|visible|in place|in situ|sited|present|on board].",
            f"a {_LINE} is <[in place|in situ|sited|seen] / [not in place|not in situ|not sited|not seen]>.",
            "the [SVC|vena cava] is <[not free|occupied and not free] / [free|clear|devoid]> of [lines|catheters].",
            "<central / no central> [access device|venous access device|venous hardware|line] is [present|seen].",
            "<a / no> [catheter|line] [runs|passes] [down|into] the [SVC|superior vena cava].",
            "the {side} [jugular|subclavian] vein is <cannulated / not cannulated>.",
            "the [great|central] veins are <cannulated / [not cannulated|empty of catheters|free of catheters]>.",
            "<a / no> catheter tip [lies|is seen] at the cavoatrial junction.",
            "<a / no> neck line [is seen|is in place|] on the {side}.",
        ),
        "gone": (
            f"the {_LINE} has <[not|not yet] / [now|since|]> been [pulled|withdrawn|taken out|removed|discontinued].",
            f"the {{s}} {_LINE} is <[still in|not out|still in situ] / [out|no longer in|no longer in situ|gone]>.",
            "central venous access has <[not|not yet] / [now|]> been [discontinued|removed|withdrawn].",
            "the {s} [jugular|subclavian] [line|catheter] has <[not|not yet] / [now|since|]> been [pulled|removed|"
            "taken out].",
            f"{_LINE} <not / > [removed|taken out|pulled].",
            "the catheter in the [SVC|vena cava] is <still there / gone>.",
            "the {s} [neck line|central access] is <[still in|not out] / [out|gone]>.",
        ),
        "lasts": (
            f"the {{s}} {_LINE} <remains / is no longer> [in place|in situ|sited].",
            "the {s} [neck line|central cannula] <stays in place / has been pulled>.",
            "a catheter <remains / no longer remains> in the SVC.",
        ),
        "arisen": (
            f"a {{s}} {_LINE} has <[now|since|] / [not|never]> been [placed|inserted|sited|introduced|threaded].",
            "central access has <[now|] / not> been [established|obtained|gained].",
            "a catheter has <[now|] / not> been [passed|threaded] into the [SVC|central veins].",
            "the {s} jugular vein has <[now|] / not> been cannulated.",
        ),
    },
}
