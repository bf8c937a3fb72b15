import urllib.error
from typing import get_args

import pytest
import torch

from zoo.data import Images
from zoo.data.images import ImagesName

SOMEWHERE_ELSE = [name for name in get_args(ImagesName) if name != "fake"]


@pytest.fixture(autouse=True)
def attempts(monkeypatch):
    """The addresses that were asked for; no network answers."""
    asked = []

    def nobody(request, *arguments, **options):
        asked.append(getattr(request, "full_url", request))
        raise urllib.error.URLError("there is no network in a test")

    monkeypatch.setattr("urllib.request.urlopen", nobody)
    return asked


def loaded(**arguments):
    data = Images(**arguments)
    data.prepare_data()
    data.setup()
    return data


def write_mnist(folder, train, validation):
    """The four files of MNIST, with the images given as (N, 28, 28) bytes, all of class 7."""
    folder.mkdir(parents=True)
    for prefix, images in (("train", train), ("t10k", validation)):
        count = len(images).to_bytes(4, "big")
        size = (28).to_bytes(4, "big") * 2
        (folder / f"{prefix}-images-idx3-ubyte").write_bytes(
            b"\x00\x00\x08\x03" + count + size + images.numpy().tobytes()
        )
        (folder / f"{prefix}-labels-idx1-ubyte").write_bytes(
            b"\x00\x00\x08\x01" + count + bytes([7] * len(images))
        )


def test_fake_images_are_there_without_a_network(attempts):
    data = loaded()
    assert (len(data.train), len(data.validation)) == (1000, 200)
    assert attempts == []


def test_a_batch_is_float_images_and_their_classes():
    x, y = next(iter(loaded(batch_size=16).train_dataloader()))
    assert x.shape == (16, 1, 28, 28)
    assert x.dtype == torch.float32
    assert y.shape == (16,)
    assert set(y.tolist()) <= set(range(10))


def test_pixels_are_standardized_by_the_training_images():
    data = loaded(train_samples=64, batch_size=64)
    ((x, _),) = data.train_dataloader()
    assert float(x.double().mean()) == pytest.approx(0, abs=1e-5)  # float32 sums of 50 000 pixels
    assert float(x.double().std()) == pytest.approx(1, abs=1e-5)
    ((v, _),) = Images.val_dataloader(loaded(train_samples=64, validation_samples=32))
    assert float(v.double().mean()) == pytest.approx(0, abs=0.05)  # other images, of the same kind
    assert float(v.double().mean()) != pytest.approx(0, abs=1e-5)


def test_no_fake_image_is_in_both_parts():
    data = loaded(train_samples=30, validation_samples=30)
    train = {tuple(data.train[i][0].flatten()[:4].tolist()) for i in range(30)}
    assert len(train) == 30
    assert not train & {tuple(data.validation[i][0].flatten()[:4].tolist()) for i in range(30)}


def test_fake_images_are_the_same_at_every_seed_and_only_their_order_is_not():
    batches = []
    for seed in (0, 1):
        torch.manual_seed(seed)
        batches += list(loaded(train_samples=20, batch_size=20).train_dataloader())
    (a, _), (b, _) = batches
    assert not torch.equal(a, b)
    assert torch.equal(a[:, 0, 0, 0].sort().values, b[:, 0, 0, 0].sort().values)


def test_validation_comes_in_order():
    data = loaded(train_samples=10, validation_samples=6, batch_size=4)
    classes = [y for _, batch in data.val_dataloader() for y in batch.tolist()]
    assert classes == [int(data.validation[i][1]) for i in range(6)]


@pytest.mark.parametrize(("asked", "given"), [(7, 7), (1000, 1000), (5000, 1000), (None, 1000)])
def test_there_are_as_many_images_as_asked_for_and_as_there_are(asked, given):
    assert len(loaded(train_samples=asked).train) == given


@pytest.mark.parametrize("name", SOMEWHERE_ELSE)
def test_data_that_cannot_be_downloaded_are_one_clear_sentence(name, tmp_path, attempts):
    data = Images(name=name, root=str(tmp_path))
    with pytest.raises(ConnectionError) as error:
        data.prepare_data()
    assert attempts
    assert str(error.value) == (
        f"data set {name!r} is not in {str(tmp_path)!r} and could not be downloaded; "
        "connect once, put its files there, or choose name: fake"
    )


@pytest.mark.parametrize("name", SOMEWHERE_ELSE)
def test_data_that_are_not_prepared_are_the_same_sentence(name, tmp_path, attempts):
    with pytest.raises(ConnectionError, match=f"^data set {name!r} is not in"):
        Images(name=name, root=str(tmp_path)).setup()
    assert attempts == []


def test_data_that_are_there_are_read_and_not_downloaded(tmp_path, attempts):
    generator = torch.Generator().manual_seed(0)
    images = torch.randint(256, (9, 28, 28), dtype=torch.uint8, generator=generator)
    write_mnist(tmp_path / "MNIST" / "raw", images[:6], images[6:])
    data = loaded(name="mnist", root=str(tmp_path), batch_size=3)
    assert attempts == []
    ((x, y),) = data.val_dataloader()
    train = images[:6].double() / 255
    expected = (images[6:, None].double() / 255 - train.mean()) / train.std()
    torch.testing.assert_close(x.double(), expected, rtol=0, atol=1e-5)  # float32
    assert y.tolist() == [7, 7, 7]


def test_an_experiment_that_asks_for_them_offline_is_answered_in_one_line(digits_lesson, capsys):
    with pytest.raises(SystemExit) as leaving:
        digits_lesson.run("--data=zoo.data.Images", "--data.name=mnist", "--model.network.in_features=784")
    assert leaving.value.code == 2
    assert capsys.readouterr().err == (
        "error: data set 'mnist' is not in 'datasets' and could not be downloaded; "
        "connect once, put its files there, or choose name: fake\n"
    )


def test_an_experiment_on_fake_images_runs(digits_lesson):
    assert digits_lesson.run("--data=zoo.data.Images", "--model.network.in_features=784").holds


@pytest.mark.parametrize("argument", ["batch_size", "train_samples", "validation_samples"])
@pytest.mark.parametrize("size", [0, -1])
def test_a_size_below_one_is_refused(argument, size):
    with pytest.raises(ValueError, match=f"^{argument} is {size}; it must be at least 1$"):
        Images(**{argument: size})


def test_an_unknown_name_is_answered_with_the_choices():
    with pytest.raises(
        ValueError, match=r"^name is 'imagenet'; choose one of fake, mnist, fashion_mnist, cifar10$"
    ):
        Images(name="imagenet")
