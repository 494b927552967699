#!/usr/bin/python3
"""The digits network in numpy, integer for integer what the firmware in tb/vp/firmware computes.

    digits_reference.py [--images N] [--logits]

prints the lines that the firmware prints about its results: the logits of every image with their
checksum, the accuracy, and the checksum of all logits. Needs numpy alone.

The network, channels last, every convolution 3x3 with a border of one zero:
    image 8x8x1 (0..16) - convolution, 16 channels - convolution, 32 - maximum of 2x2 - 10 logits
An operand is a signed 8-bit integer, a sum a signed 32-bit one. After a convolution, channel c of a
pixel becomes
    0                                                   where s = sum + bias[c] <= 0 (ReLU)
    min(127, (s * multiplier[c] + 2^(shift[c]-1)) >> shift[c])              otherwise,
in 64 bits, with 2^30 <= multiplier < 2^31. The logits are sum + bias, 32 bits.
"""

import argparse
import dataclasses
import pathlib
import re
import sys
import zlib

try:
    import numpy as np
except ImportError:
    sys.exit(f"digits_reference.py: numpy is missing in {sys.executable}; Debian's python3-numpy "
             "belongs to /usr/bin/python3")

DATA = pathlib.Path(__file__).resolve().parent.parent / "tb" / "vp" / "firmware" / "digits" / "data"

IMAGE_SIDE = 8
KERNEL_SIDE = 3
POOL_SIDE = 2
CONV1_CHANNELS = 16
CONV2_CHANNELS = 32
CLASSES = 10
POOLED_SIDE = IMAGE_SIDE // POOL_SIDE
FC_INPUTS = POOLED_SIDE * POOLED_SIDE * CONV2_CHANNELS
LARGEST_ACTIVATION = 127


@dataclasses.dataclass
class ConvLayer:
    """Weights as the matrix B of a job: row (ky * 3 + kx) * channels_in + c, column the channel."""

    weights: np.ndarray
    bias: np.ndarray
    multiplier: np.ndarray
    shift: np.ndarray


@dataclasses.dataclass
class Network:
    """The quantised network."""

    conv1: ConvLayer
    conv2: ConvLayer
    fc_weights: np.ndarray
    fc_bias: np.ndarray


def read_array(name, shape=None, folder=DATA):
    """The integers of a .inc file: C initialisers with comments, braces and commas."""
    text = re.sub(r"/\*.*?\*/|[{}]", "", (folder / f"{name}.inc").read_text(), flags=re.S)
    values = np.array([int(v) for v in text.split(",") if v.strip()], dtype=np.int64)
    return values if shape is None else values.reshape(shape)


def read_conv(name, channels_in, channels_out, folder):
    rows = KERNEL_SIDE * KERNEL_SIDE * channels_in
    requantisation = read_array(f"{name}_requantisation", (channels_out, 3), folder)
    return ConvLayer(read_array(f"{name}_weights", (rows, channels_out), folder),
                     *requantisation.T)


def read_network(folder=DATA):
    return Network(read_conv("conv1", 1, CONV1_CHANNELS, folder),
                   read_conv("conv2", CONV1_CHANNELS, CONV2_CHANNELS, folder),
                   read_array("fc_weights", (FC_INPUTS, CLASSES), folder),
                   read_array("fc_bias", None, folder))


def read_images(folder=DATA):
    """Held-out images, N x 8 x 8 x 1, and their labels."""
    return (read_array("images", (-1, IMAGE_SIDE, IMAGE_SIDE, 1), folder),
            read_array("labels", None, folder))


def im2col(activations):
    """N x 8 x 8 x C -> (N * 64) x (9 * C), the matrix A of a job."""
    count, height, width, channels = activations.shape
    padded = np.pad(activations, ((0, 0), (1, 1), (1, 1), (0, 0)))
    windows = [padded[:, ky:ky + height, kx:kx + width, :]
               for ky in range(KERNEL_SIDE) for kx in range(KERNEL_SIDE)]
    return np.stack(windows, axis=3).reshape(count * height * width, -1)


def product(a, b):
    """A * B in 32-bit sums; a sum that would wrap is an error of the network."""
    for name, operand in (("A", a), ("B", b)):
        if operand.min() < -128 or operand.max() > 127:
            raise OverflowError(f"operand {name} does not fit 8 bits")
    sums = a.astype(np.int64) @ b.astype(np.int64)
    if np.abs(sums).max() > 2**31 - 1:
        raise OverflowError("a sum does not fit 32 bits")
    return sums


def convolve(activations, layer):
    """One convolution with requantisation and ReLU."""
    sums = product(im2col(activations), layer.weights) + layer.bias
    scaled = (sums * layer.multiplier + (np.int64(1) << (layer.shift - 1))) >> layer.shift
    scaled = np.where(sums <= 0, 0, np.minimum(scaled, LARGEST_ACTIVATION))
    return scaled.reshape(*activations.shape[:3], -1)


def pool(activations):
    """Maximum of 2 x 2 pixels."""
    count, height, width, channels = activations.shape
    blocks = activations.reshape(count, height // POOL_SIDE, POOL_SIDE, width // POOL_SIDE,
                                 POOL_SIDE, channels)
    return blocks.max(axis=(2, 4))


def infer(network, images):
    """Logits, N x 10."""
    activations = pool(convolve(convolve(images, network.conv1), network.conv2))
    return product(activations.reshape(len(images), -1), network.fc_weights) + network.fc_bias


def checksum(logits):
    """CRC-32 of logits as little-endian 32-bit integers."""
    return zlib.crc32(np.ascontiguousarray(logits, dtype="<i4").tobytes())


def logit_line(index, label, row):
    """The line the firmware prints for one image."""
    numbers = " ".join(str(v) for v in row)
    return (f"image {index} label {label} class {row.argmax()} logits {numbers} "
            f"crc {checksum(row):08x}")


def main():
    parser = argparse.ArgumentParser(description="the digits network in numpy")
    parser.add_argument("--images", type=int, help="the first N images only")
    parser.add_argument("--logits", action="store_true", help="print the logits of every image")
    arguments = parser.parse_args()
    images, labels = read_images()
    if arguments.images is not None:
        if not 1 <= arguments.images <= len(images):
            parser.error(f"--images is {arguments.images}; allowed is 1..{len(images)}")
        images, labels = images[:arguments.images], labels[:arguments.images]
    logits = infer(read_network(), images)
    if arguments.logits:
        for index, (label, row) in enumerate(zip(labels, logits)):
            print(logit_line(index, label, row))
    right, total = int((logits.argmax(axis=1) == labels).sum()), len(labels)
    hundredths = (10000 * right + total // 2) // total  # of a percent
    print(f"accuracy {right} of {total}, {hundredths // 100}.{hundredths % 100:02d} %")
    print(f"logits crc {checksum(logits):08x}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
