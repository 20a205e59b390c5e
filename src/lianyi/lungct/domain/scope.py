"""What lung CT first screening never looks at, whatever the study: said on every report."""

from __future__ import annotations

from lianyi.lungct.domain.outcome import NotAnalysed

PRIOR_STUDIES = "prior studies"
"""Said of every study that was not compared with a prior CT."""

OUT_OF_SCOPE: tuple[NotAnalysed, ...] = (
    NotAnalysed(
        what="other lung disease",
        share=None,
        zh="肺炎、肺气肿、间质病变、肺不张、胸腔积液等其他肺部疾病：不在任务内",
        en="other lung disease (pneumonia, emphysema, interstitial, atelectasis, effusion): not this tool's task",
    ),
    NotAnalysed(
        what="outside the lungs",
        share=None,
        zh="纵隔、肺门淋巴结、心血管、冠脉、骨、乳腺、上腹部：不在任务内",
        en="mediastinum, hilar lymph nodes, heart, coronary calcium, vessels, bone, breast, upper abdomen: "
        "not this tool's task",
    ),
    NotAnalysed(
        what="airway lumen",
        share=None,
        zh="气管与支气管腔内病变：不在任务内",
        en="disease inside trachea and bronchi: not this tool's task",
    ),
    NotAnalysed(
        what="malignancy",
        share=None,
        zh="良恶性：不判断；指南分类与模型概率供医师参考",
        en="benign or malignant: not judged; categories and probabilities are for a doctor to weigh",
    ),
    NotAnalysed(
        what=PRIOR_STUDIES,
        share=None,
        zh="与既往检查的比较：没有做",
        en="comparison with prior studies: not done",
    ),
)
