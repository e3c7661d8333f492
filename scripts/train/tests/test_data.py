"""Readers: every layout as it is published, in small."""

import gzip
from pathlib import Path

import pytest
from PIL import Image

from biovil_train.config import Config, DataConfig
from biovil_train.data import read_records
from biovil_train.data.sections import split_sections
from biovil_train.train import read_data

REPORT = """                                 FINAL REPORT
 EXAMINATION:  CHEST (PA AND LAT)

 INDICATION:  ___ year old woman with cough  // pneumonia?

 FINDINGS:

 Heart size: normal.  The lungs
 are clear at 10:30.

 IMPRESSION:

 1.  No acute process.

 RECOMMENDATION(S):  None.
"""


def film(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", (8, 8)).save(path)
    return path


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    data = text.encode()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


@pytest.mark.parametrize(
    ("text", "findings", "impression"),
    [
        (REPORT, "Heart size: normal. The lungs are clear at 10:30.", "1. No acute process."),
        (REPORT.replace("\n", "\r\n"), "Heart size: normal. The lungs are clear at 10:30.", "1. No acute process."),
        (" INDICATION: Cough.\n\n COMPARISON:  None.\n\n Lungs are\n clear.\n", "Lungs are clear.", ""),
        (" PORTABLE AP CHEST RADIOGRAPH:  Big heart.\n\n CONCLUSION:  Cardiomegaly.", "Big heart.", "Cardiomegaly."),
        (" FINDINGS AND IMPRESSION:  Clear.", "Clear.", ""),
        (" EXAMINATION:  CHEST\n\n IMPRESSION:  A.\n\n ADDENDUM:  B.\n\n IMPRESSION:  C.", "", "A. C."),
        ("", "", ""),
    ],
)
def test_sections_of_free_text(text: str, findings: str, impression: str):
    assert split_sections(text) == (findings, impression)


@pytest.fixture
def mimic(tmp_path: Path) -> Path:
    place = "files/p10/p10000032/s50414267"
    film(tmp_path / place / "aa.jpg")
    film(tmp_path / place / "lateral.jpg")
    film(tmp_path / "files/p11/p11000001/s50000002/bb.jpg")
    write(
        tmp_path / "mimic-cxr-2.0.0-metadata.csv.gz",
        "dicom_id,subject_id,study_id,ViewPosition,Rows\naa,10000032,50414267,PA,8\nlateral,10000032,50414267,LATERAL,8\n"
        "bb,11000001,50000002,AP,8\ngone,11000001,50000002,AP,8\n",
    )
    write(
        tmp_path / "mimic-cxr-2.0.0-split.csv",
        "dicom_id,study_id,subject_id,split\naa,50414267,10000032,train\nlateral,50414267,10000032,train\n"
        "bb,50000002,11000001,validate\ngone,50000002,11000001,validate\n",
    )
    write(tmp_path / f"{place}.txt", REPORT)
    write(tmp_path / "mimic-cxr-reports/files/p11/p11000001/s50000002.txt", " IMPRESSION: Clear.")
    return tmp_path


def test_mimic(mimic: Path, capsys: pytest.CaptureFixture):
    one, other = read_records("mimic-cxr-jpg", str(mimic))
    assert one.film == mimic / "files/p10/p10000032/s50414267/aa.jpg"
    assert one.report == "Heart size: normal. The lungs are clear at 10:30. 1. No acute process."
    assert (other.film.name, other.findings, other.impression) == ("bb.jpg", "", "Clear.")
    gone = mimic / "files/p11/p11000001/s50000002/gone.jpg"
    assert capsys.readouterr().err == (
        f"{mimic}: 1 of 3 studies have no film and are left out, e.g. {gone} is not there\n"
    )


def test_mimic_trains_on_one_split_and_validates_on_another(mimic: Path):
    data = DataConfig("mimic-cxr-jpg", str(mimic), split="train", validation_split="validate")
    records, held_out = read_data(Config("joint", data=data))
    assert [[record.film.name for record in some] for some in (records, held_out)] == [["aa.jpg"], ["bb.jpg"]]
    with pytest.raises(ValueError, match="no split 'training'; it has train, validate"):
        read_records("mimic-cxr-jpg", str(mimic), "training")


def test_mimic_sectioned_by_the_official_tool(mimic: Path):
    write(
        mimic / "mimic_cxr_sectioned.csv",
        'study,impression,findings,last_paragraph,comparison\ns50414267,"Two\n lines.",,,\n50000002,,Heart.,,\n',
    )
    records = read_records("mimic-cxr-jpg", str(mimic))
    assert [(record.findings, record.impression) for record in records] == [("", "Two lines."), ("Heart.", "")]


KAGGLE = (
    "uid,MeSH,Problems,image,indication,comparison,findings,impression\n1,,,,,,Clear.,Normal.\n2,,,,,,,Big heart.\n"
)
PROJECTIONS = "uid,filename,projection\n1,1_IM-0001-4001.dcm.png,Frontal\n1,1_IM-0001-3001.dcm.png,Lateral\n"
PROJECTIONS += "2,2_IM-0652-1001.dcm.png,Frontal\n"


def test_open_i_tables(tmp_path: Path):
    write(tmp_path / "indiana_reports.csv", KAGGLE)
    # The reports alone are enough for texts.
    texts = read_records("open-i", str(tmp_path / "indiana_reports.csv"), films=False)
    assert [record.report for record in texts] == ["Clear. Normal.", "Big heart."]
    write(tmp_path / "indiana_projections.csv", PROJECTIONS)
    folder = tmp_path / "images/images_normalized"
    for name in ("1_IM-0001-4001", "1_IM-0001-3001", "2_IM-0652-1001"):
        film(folder / f"{name}.dcm.png")
    records = read_records("open-i", str(tmp_path))
    assert [record.film.name for record in records] == ["1_IM-0001-4001.dcm.png", "2_IM-0652-1001.dcm.png"]


def xml(findings: str, images: list[str]) -> str:
    parts = "".join(f'<parentImage id="{image}"/>' for image in images)
    return (
        f'<eCitation><Abstract><AbstractText Label="FINDINGS">{findings}</AbstractText>'
        f'<AbstractText Label="IMPRESSION"/></Abstract>{parts}</eCitation>'
    )


def test_open_i_as_published(tmp_path: Path, capsys: pytest.CaptureFixture):
    images = {"1": ["CXR1_1_IM-0001-3001", "CXR1_1_IM-0001-4001"], "2": ["CXR2_IM-0652-1001"]}
    for number, names in images.items():
        write(tmp_path / f"ecgen-radiology/{number}.xml", xml(f"Film {number}.", names))
        for name in names:
            film(tmp_path / f"NLMCXR_png/{name}.png")
    assert len(read_records("open-i", str(tmp_path))) == 3
    assert "lateral films are taken, too" in capsys.readouterr().err
    write(tmp_path / "indiana_projections.csv", PROJECTIONS)
    records = read_records("open-i", str(tmp_path))
    found = [(record.film.name, record.report) for record in records]
    assert found == [("CXR1_1_IM-0001-4001.png", "Film 1."), ("CXR2_IM-0652-1001.png", "Film 2.")]
    write(tmp_path / "ecgen-radiology/3.xml", "<eCitation>")
    with pytest.raises(ValueError, match=r"3\.xml cannot be read as XML"):
        read_records("open-i", str(tmp_path))


def test_any_csv(tmp_path: Path, capsys: pytest.CaptureFixture):
    film(tmp_path / "films/a.png")
    absolute = film(tmp_path / "elsewhere/b.png")
    text = "\ufeffimage,report,age,split\nfilms/a.png,Clear.,3,train\nfilms/c.png,x,,train\n"
    text += f"{absolute},Big heart.,4,test\n"
    path = write(tmp_path / "films.csv", text)
    assert [record.report for record in read_records("csv", str(path))] == ["Clear.", "Big heart."]
    assert "1 of 3 studies have no film" in capsys.readouterr().err
    assert [record.film for record in read_records("csv", str(path), "test")] == [absolute]
    sections = write(tmp_path / "sections.csv.gz", "findings,impression,image\nA.,B.,films/a.png\n,,films/a.png\n")
    (record,) = read_records("csv", str(sections))
    assert (record.findings, record.impression) == ("A.", "B.")
    assert len(read_records("csv", str(sections), texts=False)) == 2


def test_what_cannot_be_read_is_said(tmp_path: Path):
    wrong = write(tmp_path / "wrong.csv", "Image,Report\na.png,Clear.\n")
    with pytest.raises(ValueError, match=r"wrong\.csv: expected the columns image .* but found Image, Report"):
        read_records("csv", str(wrong))
    broken = tmp_path / "broken.csv.gz"
    broken.write_bytes(gzip.compress(b"image,report\n" * 99)[:-20])
    with pytest.raises(ValueError, match="cannot be read as a CSV table"):
        read_records("csv", str(broken))
    good = write(tmp_path / "good.csv", "image,report\nnone.png,Clear.\n")
    with pytest.raises(ValueError, match="expected the column split"):
        read_records("csv", str(good), "train")
    with pytest.raises(ValueError, match="holds no study"):
        read_records("csv", str(good))
    with pytest.raises(FileNotFoundError, match="which is not there"):
        read_records("csv", str(tmp_path / "none.csv"))
    with pytest.raises(ValueError, match="expected mimic-cxr-2.0.0-metadata.csv"):
        read_records("mimic-cxr-jpg", str(tmp_path))
    with pytest.raises(ValueError, match="has no splits"):
        read_records("open-i", str(tmp_path), "train")
    with pytest.raises(ValueError, match=r"expected data\.layout to be one of"):
        read_records("padchest", str(tmp_path))
