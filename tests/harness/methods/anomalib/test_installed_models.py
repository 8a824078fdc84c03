import subprocess
import sys
from collections.abc import Iterator

import pytest

from harness.errors import MissingExtraError, UnknownNameError
from harness.methods import METHODS
from harness.methods.anomalib import installed_models as catalog
from harness.methods.anomalib.construction import model_type_of, settings_of
from harness.methods.anomalib.method import make_method


@pytest.fixture
def without_anomalib(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setitem(sys.modules, "anomalib", None)
    caches = (catalog.anomalib_version, catalog.model_names, model_type_of, settings_of, make_method)

    def forget() -> None:
        for each in caches:
            each.cache_clear()

    monkeypatch.setattr(catalog.importlib.util, "find_spec", lambda name: None)
    forget()
    yield
    forget()


def test_a_short_name_and_the_family_s_name_would_be_one_method_twice() -> None:
    with pytest.raises(UnknownNameError, match=r"^Unknown method 'anomalib:padim'; use its short name 'padim'\.$"):
        METHODS.check("anomalib:padim")


@pytest.mark.usefixtures("without_anomalib")
def test_without_anomalib_its_models_are_still_listed() -> None:
    assert "padim" in METHODS.names()
    assert "pip install 'mfrnet-bench[baselines]'" in (METHODS.get("padim").__doc__ or "")


@pytest.mark.usefixtures("without_anomalib")
@pytest.mark.parametrize("name", ["padim", "anomalib:cfa"])
def test_without_anomalib_asking_for_a_model_says_how_to_install_it(name: str) -> None:
    with pytest.raises(
        MissingExtraError,
        match=rf"^Method '{name}' needs anomalib, which is not installed; "
        r"install it with: pip install 'mfrnet-bench\[baselines\]'$",
    ):
        METHODS.get(name).Settings()


@pytest.mark.baselines
def test_a_wrong_model_gets_the_nearest_known_one() -> None:
    with pytest.raises(UnknownNameError, match=r"^Unknown model of anomalib 'csflo'\. Did you mean 'csflow'\? Known: "):
        METHODS.get("anomalib:csflo")


@pytest.mark.baselines
def test_every_listed_model_is_a_class_of_anomalib() -> None:
    from harness.methods.anomalib.surroundings import quiet

    with quiet():
        import anomalib.models

    listed = {model_type_of(name).__name__ for name in catalog.model_names()}
    assert listed == anomalib.models.list_models("pascal") - {"AiVad", "Fuvas"}  # of video


@pytest.mark.baselines
def test_the_version_follows_anomalib_s_and_not_its_patches(monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    for installed in ("2.7.0", "2.7.3", "2.8.0", "3.0.0"):
        monkeypatch.setattr(catalog, "version", lambda name, installed=installed: installed)
        catalog.anomalib_version.cache_clear()
        make_method.cache_clear()
        found.append(make_method("padim").version)
    catalog.anomalib_version.cache_clear()
    make_method.cache_clear()
    assert found == [10207, 10207, 10208, 10300]


@pytest.mark.baselines
def test_listing_methods_and_checking_names_import_no_anomalib() -> None:
    script = (
        "import sys\n"
        "from harness.methods import METHODS\n"
        "METHODS.check('padim'), METHODS.check('anomalib:cfa')\n"
        "assert not {'torch', 'timm'} & set(sys.modules)\n"
        "print([METHODS.get(name).__doc__ for name in METHODS.names()])\n"
        "assert not {'anomalib', 'lightning'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True, capture_output=True)
