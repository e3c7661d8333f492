"""Frames that one word or two turn from "there" to "not there".

In a line `<has / lacks>` is the part that differs; the rest is worded the same in both. Slots as in other frames:
the noun phrase is `{np}`, `{bare}` or `{the}`. The kinds of line:

- "plain": nothing is said of the prior film.
- "gone": it was there before, and is not gone (nothing else is said of its change), or is gone.
- "lasts": it was there before and is unchanged, or is gone.
- "arisen": it was not there before and is new, or is still not there.
"""

KINDS = ("plain", "gone", "lasts", "arisen")
# What the part that says "there" says of the change.
CHANGE_SAID = {"plain": None, "gone": None, "lasts": "unchanged", "arisen": "new"}

_COMMON: tuple[str, ...] = (
    "<{np} / no {bare}> can be [seen|made out|identified|appreciated|discerned|detected|found].",
    "{bare} {is} <[visible|in evidence|apparent|evident|there|to be seen|detectable|recognizable|recognisable] / [not "
    "visible|not in evidence|nowhere to be seen|not there|not apparent|lacking|missing|absent|not detectable]>.",
    "the [chest|thorax|film|radiograph] <[shows|contains|displays] {np} / [shows|contains|displays] no {bare}>.",
    "the [chest|thorax|film|radiograph] is <[not free|not devoid|not clear] / [free|devoid|clear]> of {bare}.",
    "the [film|radiograph|study|image] <[shows|reveals|displays] {np} / [lacks {np}|is without {bare}|fails to show "
    "{np}|does not show {np}]>.",
    "the [search|check|examination] for {bare} is <positive / negative>.",
    "[question of|query|regarding|as for] {bare}: <[yes|positive|present|confirmed|seen] / [no|negative|absent|not "
    "confirmed|none|not seen|nil]>.",
    "{bare} {is} <among / not among> the findings.",
    "[i|one|we] <can / cannot> [see|find|identify|make out|detect|recognise|recognize] {np}.",
    "the patient <[has|is found to have] {np} / [lacks {np}|has no {bare}|is without {bare}|shows no {bare}]>.",
    "[this|the] [film|chest|examination|patient] is <positive / negative> for {bare}.",
    "{bare} [{is}|] <present / [absent|not present|never present]>.",
    "<[with|showing] / [without|showing no|devoid of|free of|lacking]> {bare}.",
    "[chest|thorax|image] <[with|showing] / [without|free of|showing no]> {bare}.",
    "<[presence|existence] / [absence|lack]> of {bare} is [noted|recorded|confirmed].",
    "<[definite|obvious|visible|evident] / [no|not any|nil|zero]> {bare}.",
)
DISEASE: dict[str, tuple[str, ...]] = {
    "plain": (
        *_COMMON,
        "{bare} <cannot / can> be [excluded|ruled out|dismissed|discounted].",
        "{bare} {has} <not been / been> [excluded|ruled out].",
        "there is <[something|enough|much] / [nothing|little]> to [suggest|indicate|support] {bare}.",
        "<[there is reason|there is cause] / [there is no reason|there is no cause]> to [suspect|diagnose] {bare}.",
        "the patient is <[not spared|affected by|suffering from] / [spared|unaffected by|not suffering from]> {bare}.",
        "[film|findings|appearances] <in keeping with / [not in keeping with|arguing against]> {bare}.",
        "<not without / without> {bare}.",
        "{bare} {is} <not / > [absent|excluded|ruled out].",
        "[signs|features|traces] of {bare} are <present / absent>.",
        "<[clear|unequivocal] / no [clear|unequivocal]> [sign|evidence] of {bare}.",
        "{bare} {is} <on view / nowhere> [on this film|].",
    ),
    "gone": (
        "{the} {has} <[not|still not|not yet|never] / [now|since|completely|entirely|]> [resolved|cleared|disappeared|"
        "gone away|vanished|settled|healed].",
        "{the} <{has} [yet|failed] to [resolve|clear|disappear|settle] / {has} [now|finally|fully] [resolved|cleared|"
        "disappeared|settled]>.",
        "{the} {is} <still / no longer> [seen|visible|present|there|apparent|evident|identified|demonstrated].",
        "the [earlier|former|previous|known|old] {bare} {is} <[still there|still present|unresolved|not gone|not "
        "resolved] / [gone|no longer there|resolved|not there any more|no longer present|not there any longer]>.",
        "<[lack of|failed|no] / [complete|full|total]> [resolution|clearing|clearance|disappearance] of {the}.",
        "{bare}, <[unresolved|not resolved|still present|not gone|not cleared|still there] / [resolved|gone|now absent|"
        "no longer present|cleared|not there now]>.",
        "{the} <{is} not gone / {is} gone>.",
        "{np} {is} <still / not> seen [on today's film|today|now].",
        "<[unresolved|uncleared] / [resolved|cleared|bygone]> {bare}.",
        "{the} seen [before|earlier|on the last film] {has} <not / > [gone|resolved|cleared|disappeared].",
        "there {is} <still / no longer> {np}.",
        "{the} {has} <[not|still not] / [now|]> [melted away|subsided|faded away].",
    ),
    "lasts": (
        "{the} <[persist{s}|remain{s}|linger{s}] / [{has} gone|{has} resolved|{has} cleared|{is} no more]>.",
        "<[persistence|persisting presence] / [disappearance|resolution|clearance]> of {the}.",
        "{bare} <[persisting|remaining|lingering] / [resolved|no longer remaining|gone]>.",
        "{the} <remain{s} [visible|present|seen|in evidence] / {has} ceased to be [visible|present|seen|in evidence]>.",
        "{the} {has} <[stayed|persisted] / [gone away|vanished]>.",
    ),
    "arisen": (
        "{np} {has} <[now|since|newly|] / [not|never|still not]> [developed|appeared|arisen|formed|occurred].",
        "{np} {has} <[now|since|] / [not|never|so far not]> [recurred|reappeared|come back|returned].",
        "<[recurrence|reappearance|return] / no [recurrence|reappearance|return]> of {np}.",
        "{np} {is} <now / [still not|not yet]> [seen|visible|present|evident].",
        "<[recurrent|reappearing] / no [recurrent|reappearing]> {bare}.",
        "the [chest|patient] is <no longer / still> [free|clear] of {bare}.",
        "[last film|last study|before] no {bare}; <now present / [still none|none now either]>.",
        "{np} {has} <[now|since|] / [not|never]> [emerged|come up|shown up].",
    ),
}
DEVICE: dict[str, tuple[str, ...]] = {
    "plain": (
        *_COMMON,
        "{np} {is} <[in place|in situ|in position|sited|on board] / [not in place|not in situ|not in position|not "
        "sited]>.",
        "<{np} / no {bare}> [overlies|is projected over|is seen in|is visible in] the [chest|thorax].",
        "the patient <[carries|has|bears] {np} / [carries|has|bears] no {bare}>.",
        "[hardware|support devices|foreign bodies|instrumentation]: <{bare} / no {bare}>.",
        "<{np} {is} / no {bare} {is}> [in place|in situ|implanted|sited|indwelling].",
        "<with {np} / without {np}> [in place|in situ|in position].",
        "{bare}: <[in place|in situ|yes] / [none|nil|not in place|no]>.",
        "the patient <[is fitted with|lives with] {np} / [is not fitted with|lives without] {np}>.",
    ),
    "gone": (
        "{the} {has} <[not|not yet|never] / [now|since|]> been [removed|taken out|withdrawn|pulled|extracted|taken "
        "away|retrieved].",
        "{the} {is} <[still in|still there|still in place|still in situ|not out|not gone] / [out|now out|gone|no "
        "longer there|no longer in place|no longer in situ]>.",
        "{the} {has} been <[left in place|left in|left in situ|kept] / [taken out|removed|withdrawn|pulled]>.",
        "{the} <[await{s} removal|{has} yet to be removed] / [{has} been removed|{has} finally been removed]>.",
        "<[retained|unremoved|indwelling] / [removed|withdrawn|discontinued]> {bare}.",
        "<no removal / removal> of {the}.",
        "{the} {is} <still / no longer> [seen|visible|present|identified|demonstrated|needed and present].",
        "{bare}, <[not removed|still in|still in place] / [removed|taken out|now out]>.",
        "{np} {is} <still / not> seen [on today's film|today|now].",
        "there {is} <still / no longer> {np}.",
    ),
    "lasts": (
        "{the} <[remain{s}|stay{s}|persist{s}] / [{has} gone|{is} out|{has} been removed]>.",
        "{the} <remain{s} [in place|in situ|visible] / {is} no longer [in place|in situ|visible]>.",
    ),
    "arisen": (
        "{np} {has} <[now|since|recently|] / [not|never|still not]> been [placed|inserted|positioned|sited|introduced|"
        "put in|put in place].",
        "{np} {is} <now / [still not|not yet]> [seen|in place|visible|present|in situ].",
        "<[placement|insertion|introduction] / no [placement|insertion|introduction]> of {np}.",
        "<newly sited / never sited> {bare}.",
        "<now / still no> {bare} [in place|in situ].",
    ),
}
