#include "digits.h"

const int8_t digits_images[] = {
#include "data/images.inc"
};

const uint8_t digits_labels[] = {
#include "data/labels.inc"
};

_Static_assert(sizeof(digits_images) == sizeof(digits_labels) * DIGITS_PIXELS, "images and labels");

const uint32_t digits_image_count = sizeof(digits_labels);

const int8_t digits_conv1_weights[DIGITS_TAPS * DIGITS_CONV1_CHANNELS] = {
#include "data/conv1_weights.inc"
};

const int8_t digits_conv2_weights[DIGITS_TAPS * DIGITS_CONV1_CHANNELS * DIGITS_CONV2_CHANNELS] = {
#include "data/conv2_weights.inc"
};

const int8_t digits_fc_weights[DIGITS_FC_INPUTS * DIGITS_CLASSES] = {
#include "data/fc_weights.inc"
};

const int32_t digits_fc_bias[DIGITS_CLASSES] = {
#include "data/fc_bias.inc"
};

const digits_requantisation digits_conv1_requantisation[DIGITS_CONV1_CHANNELS] = {
#include "data/conv1_requantisation.inc"
};

const digits_requantisation digits_conv2_requantisation[DIGITS_CONV2_CHANNELS] = {
#include "data/conv2_requantisation.inc"
};
