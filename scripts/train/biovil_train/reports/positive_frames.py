"""Sentences that say a finding is there.

`{np}` is the noun phrase with its article, `{bare}` without, `{the}` with "the"; `{is}`, `{has}`, `{s}` agree with it.
`{predicate}` and `{post}` beside it take the severity or the place out of the noun phrase.
"""

FRAMES: tuple[str, ...] = (
    "there {is} {np}.",
    "there {is} {np}.",
    "there {is} {np}.",
    "{np} {is} [present|seen|noted|identified|visualized|demonstrated|observed|evident].",
    "{np}.",
    "{bare}.",
    "{bare} [noted|present|seen|identified|demonstrated].",
    "[evidence of|findings of|radiographic evidence of|signs of] {np}.",
    "[findings consistent with|findings compatible with|appearances in keeping with|findings in keeping with] {np}.",
    "[findings suggestive of|findings concerning for|appearance suspicious for|findings suspicious for] {np}.",
    "[findings most likely represent|this likely represents|this is most consistent with|this probably reflects] {np}.",
    "[likely|probable|possible|suspected|presumed|questionable] {bare}.",
    "{np} {is} [suspected|likely|favored|possible|not excluded].",
    "the [film|radiograph|study|examination|chest x-ray|image|view] [shows|demonstrates|reveals|depicts] {np}.",
    "[imaging|chest radiography|this projection|today's film] [shows|demonstrates|reveals] {np}.",
    "[we see|i see|one sees|note is made of|note|note of|noted {is}|seen {is}|also seen {is}] {np}.",
    "[positive for|remarkable for|notable for|significant for|abnormal due to] {np}.",
    "{np} can be [seen|appreciated|made out|identified].",
    "{the} {is} [noted|visible|apparent|demonstrated].",
    "{bare}, {predicate}.",
    "{bare} {post}, {predicate}.",
    "{bare}, {post}.",
    "{post}, there {is} {np}.",
    "{post} {is} {np}.",
    "patient [has|with|is found to have] {np}.",
    "[chest|cxr|findings|chest x-ray|ap chest|portable chest]: {bare}.",
    "[impression|dx|diagnosis|conclusion]: {bare}.",
    "[consistent with|compatible with|suggesting|c/w|in keeping with|suspicious for] {bare}.",
    "[cannot exclude|cannot rule out] {np}.",
    "presence of {np}.",
    "[presence|evidence] of {np} [is noted|is seen|is suspected].",
    "[the main|the principal|the dominant|the salient] [finding|abnormality] {is} {np}.",
    "[appearances suggest|appearance suggests|findings suggest|findings indicate|findings represent] {np}.",
    "{np} {is} shown.",
)

# The same for what has been put there.
DEVICE_FRAMES: tuple[str, ...] = (
    "there {is} {np}.",
    "{np} {is} [present|seen|noted|identified|in place|in situ|visualized|in position].",
    "{bare} [in place|in situ|noted|present|in satisfactory position|in standard position|in expected position].",
    "{np}.",
    "{bare}.",
    "the patient has {np}.",
    "status post [placement|insertion] of {np}.",
    "[s/p|status post] {bare} [placement|insertion].",
    "{the} {is} in [appropriate|satisfactory|good|standard|unremarkable|expected] position.",
    "{the} {is} [noted|seen|visible|visualized].",
    "the [film|radiograph|study|chest x-ray] [shows|demonstrates|reveals] {np}.",
    "[support devices|lines and tubes|tubes and lines|hardware|devices|medical devices]: {bare}.",
    "[support devices|lines and tubes|monitoring and support devices] include {np}.",
    "[note is made of|note|also noted {is}|we see|seen {is}] {np}.",
    "{bare}, {post}.",
    "{post} {is} {np}.",
    "{np} {is} [projected|seen] over the [chest|thorax].",
    "indwelling {bare}.",
)

# These say the change themselves.
CHANGE_FRAMES: dict[str, tuple[str, ...]] = {
    "new": (
        "[interval|new] development of {np}.",
        "[there has been|there is] interval development of {np}.",
        "{np} {has} [developed|appeared] [since the prior study|since the previous film|in the interval|].",
        "{np} {is} new [since the prior|compared with the prior study|from the previous examination|].",
        "{np} {is} seen, [not present on the prior study|which is new|not seen previously|new from prior].",
        "[interval appearance of|newly developed|newly seen|now seen {is}|there {is} now] {np}.",
        "compared with the prior [study|film|radiograph], there {is} now {np}.",
        "{bare}, new.",
        "{bare}, new [since the last film|from prior|compared to prior].",
        "[new finding of|new since prior:] {bare}.",
        "the patient has developed {np} [in the interval|].",
    ),
    "increased": (
        "{the} {has} [increased|worsened|progressed|enlarged] [since the prior study|in the interval|from prior|].",
        "interval [increase in|worsening of|progression of] {the}.",
        "[there has been|there is] interval [worsening|progression] of {the}.",
        "[worsening of|progression of|increase in] {the} [compared to prior|since the last study|].",
        "{the} {is} [larger|worse|more prominent|more pronounced] than [before|on the prior study|previously].",
        "{the} now appear{s} [worse|more widespread|more conspicuous].",
        "{bare}, [worse|increased|worsened|progressing] [since prior|compared with the previous film|].",
        "compared with the prior [study|film], {the} {has} [worsened|increased].",
    ),
    "unchanged": (
        "{the} {is} [unchanged|stable|similar to prior|not significantly changed|essentially unchanged].",
        "no [significant|appreciable|relevant|interval] change in {the}.",
        "[again seen|again noted|redemonstrated|again demonstrated|once again there] {is} {np}.",
        "[stable appearance of|unchanged appearance of|persistence of|redemonstration of] {the}.",
        "{the} [persist{s}|remain{s} stable|remain{s} unchanged|appear{s} unchanged].",
        "{bare}, [unchanged|stable|no change|as before|as seen previously] [from prior|].",
        "{np} {is} again [seen|noted|identified|demonstrated|visualized].",
        "as before, there {is} {np}.",
        "compared with the prior [study|film], {the} {is} [stable|unchanged|similar].",
    ),
    "decreased": (
        "{the} {has} [decreased|improved|diminished|partially resolved] [since the prior study|in the interval|].",
        "interval [improvement in|decrease in|partial resolution of] {the}.",
        "[there has been|there is] interval improvement in {the}.",
        "[improvement in|reduction in|partial clearing of] {the} [compared to prior|].",
        "{the} {is} [less prominent|smaller|less conspicuous|better] than [before|previously|on the prior study].",
        "{bare}, [improved|decreased|improving|resolving] [since prior|].",
        "residual {bare}, decreased from prior.",
        "compared with the prior [study|film], {the} {has} [improved|decreased].",
    ),
}
DEVICE_CHANGE_FRAMES: dict[str, tuple[str, ...]] = {
    "new": (
        "interval [placement|insertion] of {np}.",
        "{np} {has} been [placed|inserted] [in the interval|since the prior study|].",
        "[there has been|] interval placement of {np}.",
        "{np} {is} new [since the prior study|compared with the previous film|].",
        "new placement of {np}.",
        "newly placed {bare}.",
        "the patient has received {np} [in the interval|since the previous study].",
    ),
    "unchanged": (
        "{the} {is} unchanged [in position|].",
        "{the} remain{s} [in place|in unchanged position|in stable position].",
        "unchanged position of {the}.",
        "{the} {is} [again seen|again noted|stable in position|in unchanged position].",
        "{bare} remain{s} in place.",
        "again seen {is} {np}.",
        "{bare}, unchanged.",
    ),
}

# Added to a sentence that has not said the change yet.
CHANGE_TAILS: dict[str, tuple[str, ...]] = {
    "new": (", new", ", new from prior", ", new since the previous study", ", which is new"),
    "increased": (", worse than before", ", increased from prior", ", worsened in the interval", ", progressing"),
    "unchanged": (", unchanged", ", stable", ", similar to prior", ", unchanged from prior", ", not changed"),
    "decreased": (", improved from prior", ", decreased in the interval", ", less than before", ", improving"),
}

LEADS: tuple[str, ...] = (
    "on this [portable|single|frontal|AP|PA|upright|semi-upright] [view|film|projection], ",
    "on the current [study|examination|film], ",
    "in the [appropriate|proper] clinical [setting|context], ",
    "allowing for [technique|rotation|patient positioning|low lung volumes], ",
    "within the limits of the [study|projection], ",
    "as [described|noted] [above|], ",
    "given the clinical history, ",
    "[incidentally|additionally|in addition|of note|furthermore|also], ",
    "[in this supine patient|on the frontal view], ",
)
HEDGED_TAILS: tuple[str, ...] = (
    " [on this view|on this film|on the current examination|on the frontal projection]",
    " in [a|this] [febrile|symptomatic|dyspneic|elderly|postoperative] patient",
    ", [clinical correlation is recommended|please correlate clinically|follow-up advised|attention on follow-up]",
    ", [better seen on the frontal view|best seen on the AP view|as described|as noted]",
)
