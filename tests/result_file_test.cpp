// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "convexscan/result_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netcdf.h>

#include <bit>

#include "example_result.hpp"
#include "limited_file_size.hpp"
#include "temporary_folder.hpp"

namespace convexscan {
namespace {

using testing::HasSubstr;
using testing::Not;

std::vector<std::uint64_t> bits(const std::vector<double>& values) {
  std::vector<std::uint64_t> result;
  for (const double value : values) result.push_back(std::bit_cast<std::uint64_t>(value));
  return result;
}

TEST(ResultFile, ComesBackToTheBitWithNaNAndInfinities) {
  const TemporaryFolder folder;
  const GridResult written = example_result();
  write_result(folder / "scan.nc", written, false);
  const GridResult read = read_result(folder / "scan.nc");

  EXPECT_EQ(read.x, written.x);
  EXPECT_EQ(read.y, written.y);
  ASSERT_EQ(read.values.size(), written.values.size());
  for (const auto& [quantity, values] : written.values) {
    ASSERT_TRUE(read.values.contains(quantity)) << info(quantity).name;
    EXPECT_EQ(read.values.at(quantity).components, values.components) << info(quantity).name;
    EXPECT_EQ(bits(read.values.at(quantity).data), bits(values.data)) << info(quantity).name;
  }
  ASSERT_EQ(read.derived.size(), 1u);
  EXPECT_EQ(read.derived[0].name, "convexity_gap");
  EXPECT_EQ(read.derived[0].data, written.derived[0].data);
  EXPECT_EQ(read.slice.origin, written.slice.origin);
  EXPECT_EQ(read.slice.directions, written.slice.directions);
  ASSERT_EQ(read.markers.size(), 3u);
  EXPECT_EQ(read.markers[1].name, "step 0");
  EXPECT_EQ(read.markers[1].kind, Marker::Kind::trajectory);
  EXPECT_EQ(read.markers[1].out_of_plane, 0.7);
  EXPECT_EQ(read.provenance.seed, written.provenance.seed);
  EXPECT_EQ(read.provenance.command_line, written.provenance.command_line);
  EXPECT_EQ(read.provenance.comment, written.provenance.comment);
  EXPECT_EQ(read.provenance.elapsed_seconds, 0.125);
  EXPECT_EQ(folder.entries(), 1);
}

TEST(ResultFile, RowIsYForAnyoneWhoOpensIt) {
  const TemporaryFolder folder;
  write_result(folder / "scan.nc", example_result(), false);
  int file = -1, loss = -1, rank = 0;
  ASSERT_EQ(nc_open((folder / "scan.nc").c_str(), NC_NOWRITE, &file), NC_NOERR);
  ASSERT_EQ(nc_inq_varid(file, "loss", &loss), NC_NOERR);
  ASSERT_EQ(nc_inq_varndims(file, loss, &rank), NC_NOERR);
  ASSERT_EQ(rank, 2);
  int dimensions[2];
  std::size_t rows = 0, columns = 0;
  nc_inq_vardimid(file, loss, dimensions);
  nc_inq_dimlen(file, dimensions[0], &rows);
  nc_inq_dimlen(file, dimensions[1], &columns);
  EXPECT_EQ(rows, 3u);
  EXPECT_EQ(columns, 5u);
  const std::size_t row_1_column_4[] = {1, 4};
  double value = 0;
  nc_get_var1_double(file, loss, row_1_column_4, &value);
  EXPECT_EQ(value, 14.0);
  int layers = -1;
  const std::size_t layer_1_row_2_column_3[] = {1, 2, 3};
  ASSERT_EQ(nc_inq_varid(file, "layer_min_eigenvalue", &layers), NC_NOERR);
  nc_get_var1_double(file, layers, layer_1_row_2_column_3, &value);
  EXPECT_DOUBLE_EQ(value, 1.23);
  int verdict = -1;
  nc_type type = NC_NAT;
  ASSERT_EQ(nc_inq_varid(file, "verdict", &verdict), NC_NOERR);
  nc_inq_vartype(file, verdict, &type);
  EXPECT_EQ(type, NC_BYTE);
  long long not_finite = 0;
  nc_get_att_longlong(file, NC_GLOBAL, "not_finite_points", &not_finite);
  EXPECT_EQ(not_finite, 3);
  nc_close(file);
}

TEST(ResultFile, HoldsALineAndAFunctionWithoutParameters) {
  const TemporaryFolder folder;
  GridResult line;
  line.x = {0.0, 1.0};
  line.y = {0.0};
  line.values[Quantity::loss] = {1, {2.0, 3.0}};
  write_result(folder / "line.nc", line, false);
  const GridResult read = read_result(folder / "line.nc");
  EXPECT_EQ(read.values.at(Quantity::loss).data, (std::vector<double>{2.0, 3.0}));
  EXPECT_TRUE(read.slice.origin.empty());
  EXPECT_TRUE(read.markers.empty());
}

TEST(ResultFile, LargeGridsAreCompressed) {
  const TemporaryFolder folder;
  GridResult result;
  result.x.resize(300);
  result.y.resize(200);
  result.values[Quantity::loss] = {1, std::vector<double>(60000, 1.5)};
  write_result(folder / "large.nc", result, false);
  EXPECT_LT(std::filesystem::file_size(folder / "large.nc"), 100000u);
  EXPECT_EQ(read_result(folder / "large.nc").values.at(Quantity::loss).data,
            std::vector<double>(60000, 1.5));
}

TEST(ResultFile, ReplacesAFileOnlyWhenAsked) {
  const TemporaryFolder folder;
  write_text(folder / "scan.nc", "precious");
  EXPECT_THAT(error_of([&] { write_result(folder / "scan.nc", example_result(), false); }),
              HasSubstr("--overwrite"));
  EXPECT_EQ(read_text(folder / "scan.nc"), "precious");
  write_result(folder / "scan.nc", example_result(), true);
  EXPECT_EQ(read_result(folder / "scan.nc").x.size(), 5u);
}

TEST(ResultFile, ALinkStaysAndWhatItLeadsToIsWritten) {
  namespace fs = std::filesystem;
  const TemporaryFolder folder;
  fs::create_directory(folder / "far");
  fs::create_symlink("far/scan.nc", folder / "link.nc");
  fs::create_symlink("link.nc", folder / "second.nc");
  write_result(folder / "second.nc", example_result(), false);  // to a file that is not there yet
  EXPECT_TRUE(fs::is_symlink(folder / "second.nc"));
  EXPECT_TRUE(fs::is_symlink(folder / "link.nc"));
  EXPECT_TRUE(fs::is_regular_file(folder / "far" / "scan.nc"));
  EXPECT_THAT(error_of([&] { write_result(folder / "link.nc", example_result(), false); }),
              HasSubstr("already exists"));
  write_text(folder / "far" / "scan.nc", "old");
  write_result(folder / "link.nc", example_result(), true);
  EXPECT_TRUE(fs::is_symlink(folder / "link.nc"));
  EXPECT_EQ(read_result(folder / "far" / "scan.nc").x.size(), 5u);
  fs::create_symlink("loop.nc", folder / "loop.nc");
  EXPECT_THAT(error_of([&] { write_result(folder / "loop.nc", example_result(), true); }),
              HasSubstr("leads nowhere"));
  fs::create_symlink("/dev/full", folder / "full.nc");
  EXPECT_THAT(error_of([&] { write_result(folder / "full.nc", example_result(), true); }),
              HasSubstr("device"));
}

TEST(ResultFile, TextThatIsNotUtf8IsWrittenSoThatEverybodyReadsIt) {
  const TemporaryFolder folder;
  GridResult result = example_result();
  result.provenance.model = "caf\xc3\xa9 and \xff.onnx";
  result.markers[0].name = "\xe9t\xc3\xa9";
  write_result(folder / "scan.nc", result, false);
  const GridResult read = read_result(folder / "scan.nc");
  EXPECT_EQ(read.provenance.model, "caf\xc3\xa9 and \\xff.onnx");
  EXPECT_EQ(read.markers[0].name, "\\xe9t\xc3\xa9");
}

TEST(ResultFile, AFullDiskIsOneErrorAndLeavesTheOldFile) {
  const TemporaryFolder folder;
  write_text(folder / "scan.nc", "precious");
  {
    const LimitedFileSize limit(4096);
    const std::string message =
        error_of([&] { write_result(folder / "scan.nc", example_result(), true); });
    EXPECT_THAT(message, HasSubstr("scan.nc"));
    EXPECT_THAT(message, HasSubstr("what was at that name is unchanged"));
    EXPECT_THAT(message, Not(HasSubstr("\n")));
  }
  EXPECT_EQ(read_text(folder / "scan.nc"), "precious");
  EXPECT_EQ(folder.entries(), 1);
}

TEST(ResultFile, RefusesValuesThatAreNotOfTheGridsSize) {
  const TemporaryFolder folder;
  GridResult result = example_result();
  result.values[Quantity::loss].data.pop_back();
  EXPECT_THAT(error_of([&] { write_result(folder / "scan.nc", result, false); }),
              HasSubstr("loss has 14 values where the grid needs 15"));
  EXPECT_EQ(folder.entries(), 0);
}

TEST(ResultFile, RefusesAGridWithoutPoints) {
  const TemporaryFolder folder;
  EXPECT_THAT(error_of([&] { write_result(folder / "scan.nc", GridResult{}, false); }),
              HasSubstr("y has no values"));
}

TEST(ResultFile, WhatIsNoResultIsOneClearError) {
  const TemporaryFolder folder;
  EXPECT_THAT(error_of([&] { read_result(folder / "none.nc"); }), HasSubstr("no such file"));
  EXPECT_THAT(error_of([&] { read_result(folder / ""); }), HasSubstr("folder"));
  write_text(folder / "empty.nc", "");
  EXPECT_THAT(error_of([&] { read_result(folder / "empty.nc"); }), HasSubstr("not a netCDF file"));
  write_text(folder / "text.nc", "x,y,loss\n1,2,3\n");
  EXPECT_THAT(error_of([&] { read_result(folder / "text.nc"); }), HasSubstr("not a netCDF file"));
}

TEST(ResultFile, SegmentsComeBackWithTheirWitness) {
  const TemporaryFolder folder;
  const double nan = std::numeric_limits<double>::quiet_NaN();
  SegmentResult written;
  written.segments = 2;
  written.t = {0.0, 0.5, 1.0};
  written.values[Quantity::loss] = {1, {1, 2, 1, 4, 5, nan}};
  written.values[Quantity::layer_min_eigenvalue] = {2, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}};
  written.derived = {{"convexity_gap", "loss above its convex envelope", {0, 1, 0, 0, 0, nan}}};
  written.per_segment = {{"barrier", "highest loss above the chord", {1.0, 0.0}}};
  written.witness = {0.0, 0.5, 1.0, nan, nan, nan};
  written.ends = {0, 0, 1, 1, 2, 2, 3, 3};
  written.labels = {"as it is", "aligned"};
  written.provenance.seed = 7;
  write_result(folder / "segments.nc", written, false);
  const SegmentResult read = read_segments(folder / "segments.nc");
  EXPECT_EQ(read.segments, 2);
  EXPECT_EQ(read.t, written.t);
  for (const auto& [quantity, values] : written.values) {
    EXPECT_EQ(bits(read.values.at(quantity).data), bits(values.data)) << info(quantity).name;
  }
  ASSERT_EQ(read.derived.size(), 1u);
  EXPECT_EQ(bits(read.derived[0].data), bits(written.derived[0].data));
  ASSERT_EQ(read.per_segment.size(), 1u);
  EXPECT_EQ(read.per_segment[0].data, written.per_segment[0].data);
  EXPECT_EQ(bits(read.witness), bits(written.witness));
  EXPECT_EQ(read.ends, written.ends);
  EXPECT_EQ(read.labels, written.labels);
  EXPECT_EQ(read.provenance.seed, 7u);
}

TEST(ResultFile, TheKindIsKnownAndTheOtherReaderRefuses) {
  const TemporaryFolder folder;
  write_result(folder / "grid.nc", example_result(), false);
  SegmentResult segments;
  segments.segments = 1;
  segments.t = {0.0};
  write_result(folder / "segments.nc", segments, false);
  EXPECT_EQ(kind_of_result(folder / "grid.nc"), "grid");
  EXPECT_EQ(kind_of_result(folder / "segments.nc"), "segments");
  EXPECT_THAT(error_of([&] { read_result(folder / "segments.nc"); }), HasSubstr("not a grid"));
  EXPECT_THAT(error_of([&] { read_segments(folder / "grid.nc"); }), HasSubstr("no segments"));
}

TEST(ResultFile, ATruncatedFileIsAnErrorAndNeverOtherNumbers) {
  const TemporaryFolder folder;
  write_result(folder / "whole.nc", example_result(), false);
  const std::string whole = read_text(folder / "whole.nc");
  const GridResult expected = read_result(folder / "whole.nc");
  int refused = 0;
  for (std::size_t length = 0; length < whole.size(); length += 997) {
    write_text(folder / "cut.nc", whole.substr(0, length));
    try {
      // The library pads a file at its end, so the last cuts may lose nothing.
      const GridResult read = read_result(folder / "cut.nc");
      for (const auto& [quantity, values] : expected.values) {
        EXPECT_EQ(bits(read.values.at(quantity).data), bits(values.data)) << length;
      }
      EXPECT_EQ(read.provenance.command_line, expected.provenance.command_line) << length;
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), HasSubstr("cut.nc: "));
      ++refused;
    }
  }
  EXPECT_GT(refused, 10);
}

}  // namespace
}  // namespace convexscan
