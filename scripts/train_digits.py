#!/usr/bin/python3
"""Trains the digits network and writes it, with the held-out images, as data for the firmware.

    train_digits.py [--seed N] [--epochs N] [--output DIR]
    train_digits.py --check

The data are scikit-learn's bundled handwritten digits (1797 images of 8x8 pixels, 0..16): the test
set of the UCI "Optical Recognition of Handwritten Digits". A quarter of each class is held out by a
draw that depends on the seed alone; the rest trains the network of digits_reference.py in 32-bit
floating point, plain numpy, Adam. Then its weights become 8-bit integers, symmetric, with a scale
per output channel (one for the last layer), its activations 8-bit integers with a scale per layer,
the largest value seen on the training images.

Everything is drawn from the seed, but floating point rounds differently on another processor or
with another BLAS, and training amplifies that. The file manifest.json therefore names, besides the
seed and a hash of every file, the environment. --check trains again and compares with what is
there: to the last bit in the same environment; in another one, the accuracy only.

Needs Debian's python3-numpy and python3-sklearn (for the images alone).
"""

import argparse
import hashlib
import json
import os
import pathlib
import platform
import sys
import time

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # the order of a sum must not depend on threads

try:
    import numpy as np
except ImportError:
    sys.exit(f"train_digits.py: numpy is missing in {sys.executable}; Debian's python3-numpy "
             "belongs to /usr/bin/python3")

import digits_reference as reference

DEFAULT_SEED = 2023
DEFAULT_EPOCHS = 20
BATCH = 32
LEARNING_RATE = 3e-3
PIXEL_MAX = 16
REQUIRED_ACCURACY = 0.97


def split_digits(seed):
    """Training and held-out images (N x 8 x 8 x 1, 0..16) and labels."""
    try:
        from sklearn.datasets import load_digits
    except ImportError:
        sys.exit("train_digits.py: scikit-learn is missing (Debian: python3-sklearn)")
    digits = load_digits()
    images = digits.images.astype(np.int64)[..., None]
    labels = digits.target.astype(np.int64)
    generator = np.random.RandomState(seed)
    held_out = np.zeros(len(labels), dtype=bool)
    for digit in range(reference.CLASSES):
        members = generator.permutation(np.flatnonzero(labels == digit))
        held_out[members[:(len(members) + 2) // 4]] = True
    return images[~held_out], labels[~held_out], images[held_out], labels[held_out]


# The network in floating point --------------------------------------------------------------------


class Conv:
    """3x3 convolution, border of one zero, ReLU."""

    def __init__(self, generator, channels_in, channels_out):
        rows = reference.KERNEL_SIDE**2 * channels_in
        self.weights = he_normal(generator, rows, channels_out)
        self.bias = np.zeros(channels_out, dtype=np.float32)

    def forward(self, x):
        self.shape = x.shape
        self.columns = reference.im2col(x)
        y = self.columns @ self.weights + self.bias
        self.active = y > 0
        return (y * self.active).reshape(*x.shape[:3], -1)

    def backward(self, gradient, need_input=True):
        gradient = gradient.reshape(self.active.shape) * self.active
        self.gradients = [self.columns.T @ gradient, gradient.sum(axis=0)]
        if not need_input:
            return None
        count, height, width, channels = self.shape
        side = reference.KERNEL_SIDE
        windows = (gradient @ self.weights.T).reshape(count, height, width, side, side, channels)
        padded = np.zeros((count, height + 2, width + 2, channels), dtype=np.float32)
        for ky in range(side):
            for kx in range(side):
                padded[:, ky:ky + height, kx:kx + width, :] += windows[:, :, :, ky, kx, :]
        return padded[:, 1:-1, 1:-1, :]


class Dense:
    """Fully connected."""

    def __init__(self, generator, inputs, outputs):
        self.weights = he_normal(generator, inputs, outputs)
        self.bias = np.zeros(outputs, dtype=np.float32)

    def forward(self, x):
        self.input = x
        return x @ self.weights + self.bias

    def backward(self, gradient):
        self.gradients = [self.input.T @ gradient, gradient.sum(axis=0)]
        return gradient @ self.weights.T


class Pool:
    """Maximum of 2x2; the gradient goes to every place where it is attained."""

    def forward(self, x):
        y = reference.pool(x)
        self.spread = lambda v: v.repeat(reference.POOL_SIDE, 1).repeat(reference.POOL_SIDE, 2)
        self.winner = x == self.spread(y)
        return y

    def backward(self, gradient):
        return self.spread(gradient) * self.winner


class FloatNetwork:
    """The network while it is trained."""

    def __init__(self, generator):
        self.conv1 = Conv(generator, 1, reference.CONV1_CHANNELS)
        self.conv2 = Conv(generator, reference.CONV1_CHANNELS, reference.CONV2_CHANNELS)
        self.pool = Pool()
        self.fc = Dense(generator, reference.FC_INPUTS, reference.CLASSES)
        self.layers = [self.conv1, self.conv2, self.fc]

    def forward(self, x):
        """Logits; keeps what every layer put out."""
        self.after_conv1 = self.conv1.forward(x)
        self.after_conv2 = self.conv2.forward(self.after_conv1)
        self.pooled = self.pool.forward(self.after_conv2)
        return self.fc.forward(self.pooled.reshape(len(x), -1))

    def backward(self, gradient):
        gradient = self.fc.backward(gradient).reshape(self.pooled.shape)
        self.conv1.backward(self.conv2.backward(self.pool.backward(gradient)), need_input=False)

    def parameters(self):
        return [array for layer in self.layers for array in (layer.weights, layer.bias)]

    def gradients(self):
        return [array for layer in self.layers for array in layer.gradients]


def he_normal(generator, inputs, outputs):
    return (generator.standard_normal((inputs, outputs)) * np.sqrt(2 / inputs)).astype(np.float32)


class Adam:
    """Kingma and Ba, 2015, with their constants."""

    def __init__(self, parameters):
        self.parameters = parameters
        self.first = [np.zeros_like(p) for p in parameters]
        self.second = [np.zeros_like(p) for p in parameters]
        self.step_count = 0

    def step(self, gradients, rate):
        self.step_count += 1
        correction = np.sqrt(1 - 0.999**self.step_count) / (1 - 0.9**self.step_count)
        for p, g, m, v in zip(self.parameters, gradients, self.first, self.second):
            m += np.float32(0.1) * (g - m)
            v += np.float32(0.001) * (g * g - v)
            p -= np.float32(rate * correction) * m / (np.sqrt(v) + np.float32(1e-8))


def cross_entropy_gradient(logits, labels):
    """Gradient of the mean cross entropy of the softmax."""
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    gradient = exponentials / exponentials.sum(axis=1, keepdims=True)
    gradient[np.arange(len(labels)), labels] -= 1
    return gradient / np.float32(len(labels))


def train(seed, epochs, images, labels, report):
    generator = np.random.RandomState(seed)
    network = FloatNetwork(generator)
    optimiser = Adam(network.parameters())
    inputs = (images / PIXEL_MAX).astype(np.float32)
    for epoch in range(epochs):
        rate = LEARNING_RATE * 0.5 * (1 + np.cos(np.pi * epoch / epochs))
        right = 0
        order = generator.permutation(len(labels))
        for start in range(0, len(order), BATCH):
            batch = order[start:start + BATCH]
            logits = network.forward(inputs[batch])
            right += int((logits.argmax(axis=1) == labels[batch]).sum())
            network.backward(cross_entropy_gradient(logits, labels[batch]))
            optimiser.step(network.gradients(), rate)
        percent = 100 * right / len(labels)
        report(f"epoch {epoch + 1} of {epochs}: training accuracy {percent:.2f} %")
    return network


# Quantisation -------------------------------------------------------------------------------------


def quantise_weights(weights, scale):
    return np.rint(weights / scale).astype(np.int64)


def fixed_point(factor):
    """multiplier, shift with factor ~ multiplier / 2^shift and 2^30 <= multiplier < 2^31."""
    fraction, exponent = np.frexp(factor)
    multiplier = np.rint(fraction * 2.0**31).astype(np.int64)
    overflow = multiplier == 2**31
    return np.where(overflow, multiplier // 2, multiplier), 31 - exponent - overflow


def quantise_conv(layer, scale_in, scale_out):
    weights = layer.weights.astype(np.float64)
    scales = np.abs(weights).max(axis=0) / 127
    multiplier, shift = fixed_point(scale_in * scales / scale_out)
    bias = np.rint(layer.bias / (scale_in * scales)).astype(np.int64)
    return reference.ConvLayer(quantise_weights(weights, scales), bias, multiplier, shift)


def quantise(network, images):
    """8-bit network; the scales of the activations from `images`."""
    network.forward((images / PIXEL_MAX).astype(np.float32))
    scale_in = 1 / PIXEL_MAX
    scale1 = float(network.after_conv1.max()) / reference.LARGEST_ACTIVATION
    scale2 = float(network.after_conv2.max()) / reference.LARGEST_ACTIVATION
    fc_weights = network.fc.weights.astype(np.float64)
    fc_scale = np.abs(fc_weights).max() / 127
    return reference.Network(
        quantise_conv(network.conv1, scale_in, scale1),
        quantise_conv(network.conv2, scale1, scale2),
        quantise_weights(fc_weights, fc_scale),
        np.rint(network.fc.bias / (scale2 * fc_scale)).astype(np.int64))


# Files --------------------------------------------------------------------------------------------


def write_array(folder, name, values, columns, meaning, is_struct=False):
    rows = [",".join(str(v) for v in row) for row in np.asarray(values).reshape(-1, columns)]
    lines = [f"/* {meaning} Written by scripts/train_digits.py: do not edit. */"]
    lines += [f"{{{row}}}," if is_struct else f"{row}," for row in rows]
    (folder / f"{name}.inc").write_text("\n".join(lines) + "\n")


def write_conv(folder, name, layer):
    write_array(folder, f"{name}_weights", layer.weights, layer.weights.shape[1],
                "Row (ky * 3 + kx) * channels_in + channel_in, column channel_out.")
    write_array(folder, f"{name}_requantisation",
                np.stack([layer.bias, layer.multiplier, layer.shift], axis=1), 3,
                "Bias, multiplier, shift of each channel.", is_struct=True)


def write_data(folder, network, images, labels):
    folder.mkdir(parents=True, exist_ok=True)
    write_conv(folder, "conv1", network.conv1)
    write_conv(folder, "conv2", network.conv2)
    write_array(folder, "fc_weights", network.fc_weights, reference.CLASSES,
                "Row (y * 4 + x) * 32 + channel, column class.")
    write_array(folder, "fc_bias", network.fc_bias, reference.CLASSES, "One per class.")
    write_array(folder, "images", images, images[0].size, "Held-out images, one per line.")
    write_array(folder, "labels", labels, 1 if len(labels) % 25 else 25, "Their labels.")


def hashes(folder):
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest()
            for file in sorted(folder.glob("*.inc"))}


def environment():
    """The things that the rounding of a sum depends on."""
    features = getattr(np.core._multiarray_umath, "__cpu_features__", {})
    return {"numpy": np.__version__, "machine": platform.machine(),
            "blas": blas_library(), "libc": " ".join(platform.libc_ver()),
            "simd": sorted(name for name, found in features.items() if found)}


def blas_library():
    """The BLAS that numpy has loaded."""
    try:
        maps = pathlib.Path("/proc/self/maps").read_text()
    except OSError:
        return "unknown"
    names = ("libblas", "libopenblas", "libblis", "libmkl")
    loaded = {line.split()[-1] for line in maps.splitlines()
              if line.rsplit("/", 1)[-1].startswith(names)}
    return ", ".join(sorted(os.path.realpath(path) for path in loaded))


def build(seed, epochs, folder, report):
    """Trains, quantises, writes; returns the manifest."""
    train_images, train_labels, images, labels = split_digits(seed)
    network = train(seed, epochs, train_images, train_labels, report)
    quantised = quantise(network, train_images)
    as_float = (images / PIXEL_MAX).astype(np.float32)
    float_right = int((network.forward(as_float).argmax(axis=1) == labels).sum())
    right = int((reference.infer(quantised, images).argmax(axis=1) == labels).sum())
    write_data(folder, quantised, images, labels)
    return {"seed": seed, "epochs": epochs, "training_images": len(train_labels),
            "held_out_images": len(labels), "held_out_right_float": float_right,
            "held_out_right_int8": right, "environment": environment(), "sha256": hashes(folder)}


def check(report):
    """Trains again into a temporary folder; returns a message about what differs, or None."""
    import tempfile
    manifest = json.loads((reference.DATA / "manifest.json").read_text())
    if hashes(reference.DATA) != manifest["sha256"]:
        return "the files are not those of manifest.json"
    with tempfile.TemporaryDirectory() as folder:
        again = build(manifest["seed"], manifest["epochs"], pathlib.Path(folder), report)
    accuracy = again["held_out_right_int8"] / again["held_out_images"]
    if accuracy < REQUIRED_ACCURACY:
        return f"accuracy {accuracy:.4f}, {REQUIRED_ACCURACY} is required"
    for name in ("images.inc", "labels.inc"):
        if again["sha256"][name] != manifest["sha256"][name]:
            return f"{name} differs: the split is not that of the seed"
    if again["environment"] != manifest["environment"]:
        print(f"another environment than that of manifest.json, accuracy {accuracy:.4f}: "
              f"{again['environment']}")
        return None
    differing = [n for n in again["sha256"] if again["sha256"][n] != manifest["sha256"][n]]
    if differing:
        return f"trained again, these files differ: {', '.join(differing)}"
    print(f"trained again, every file is the same; accuracy {accuracy:.4f}")
    return None


def main():
    parser = argparse.ArgumentParser(description="trains the digits network")
    parser.add_argument("--seed", type=int, default=DEFAULT_SEED)
    parser.add_argument("--epochs", type=int, default=DEFAULT_EPOCHS)
    parser.add_argument("--output", type=pathlib.Path, default=reference.DATA)
    parser.add_argument("--check", action="store_true",
                        help="train again and compare with what is there")
    arguments = parser.parse_args()
    if not 0 <= arguments.seed < 2**32:
        parser.error(f"--seed is {arguments.seed}; allowed is 0..{2**32 - 1}")
    if arguments.epochs < 1:
        parser.error(f"--epochs is {arguments.epochs}; allowed is 1 and more")
    start = time.monotonic()
    report = lambda text: print(f"{text} ({time.monotonic() - start:.1f} s)", flush=True)
    if arguments.check:
        problem = check(report)
        if problem:
            print(f"train_digits.py: {problem}", file=sys.stderr)
        return 1 if problem else 0
    try:
        arguments.output.mkdir(parents=True, exist_ok=True)  # before a training in vain
    except OSError as error:
        parser.error(f"--output is {arguments.output}: {error.strerror}")
    manifest = build(arguments.seed, arguments.epochs, arguments.output, report)
    (arguments.output / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")
    print(f"seed {manifest['seed']}: {manifest['held_out_right_float']} (float), "
          f"{manifest['held_out_right_int8']} (int8) of {manifest['held_out_images']} right")
    return 0


if __name__ == "__main__":
    sys.exit(main())
