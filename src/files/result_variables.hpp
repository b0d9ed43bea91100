// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "convexscan/result_file.hpp"
#include "files/netcdf_reader.hpp"
#include "files/netcdf_writer.hpp"

namespace convexscan {

// What every kind of result file writes in the same way. Points run over two dimensions, a slow and
// a fast one: y and x of a grid, segment and t of segments.

/// The attributes every variable has.
void describe(netcdf::Writer& file, int variable, std::string_view long_name,
              std::string_view units = "1");

/// Where eigenvalues come from Lanczos, what is not certain about them is said beside them.
void write_quantities(netcdf::Writer& file, netcdf::Dimension slow, netcdf::Dimension fast,
                      const ValueTable& values, const Provenance& provenance);
void write_maps(netcdf::Writer& file, const std::vector<netcdf::Dimension>& shape,
                const std::vector<DerivedMap>& maps);

/// Reads every variable over these dimensions: known quantities into values, others into derived.
void read_variables(const netcdf::Reader& file, const std::string& slow, const std::string& fast,
                    ValueTable& values, std::vector<DerivedMap>& derived);

/// The file's own attributes.
void write_provenance(netcdf::Writer& file, const Provenance& provenance, std::string_view title,
                      std::int64_t not_finite);
Provenance read_provenance(const netcdf::Reader& file);

}  // namespace convexscan
