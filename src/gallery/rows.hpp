// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include "convexscan/gallery.hpp"

/// The experiments, one for each row. What each is about is written where it is defined.
namespace convexscan::experiments {

GalleryOutcome no_hidden_layer(Laboratory& lab);
GalleryOutcome linear_network(Laboratory& lab);
GalleryOutcome one_hidden_layer(Laboratory& lab);
GalleryOutcome twins(Laboratory& lab);
GalleryOutcome nonnegative_relu(Laboratory& lab);
GalleryOutcome fixed_features(Laboratory& lab);
GalleryOutcome layers_alone(Laboratory& lab);
GalleryOutcome quadratic_penalty(Laboratory& lab);
GalleryOutcome effective_width(Laboratory& lab);
GalleryOutcome kept_apart(Laboratory& lab);
GalleryOutcome sparse_penalties(Laboratory& lab);
GalleryOutcome toy_functions(Laboratory& lab);
GalleryOutcome building_blocks(Laboratory& lab);
GalleryOutcome quasi_convexity(Laboratory& lab);
GalleryOutcome many_starts(Laboratory& lab);
GalleryOutcome skips_and_dropout(Laboratory& lab);

}  // namespace convexscan::experiments
