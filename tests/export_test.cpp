// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "convexscan/export.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <hdf5.h>
#include <hdf5_hl.h>
#include <zip.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <sstream>

#include "example_result.hpp"
#include "limited_file_size.hpp"
#include "temporary_folder.hpp"

namespace convexscan {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

std::vector<double> dataset(hid_t file, const char* name, std::vector<hsize_t> expected_shape) {
  int rank = 0;
  EXPECT_GE(H5LTget_dataset_ndims(file, name, &rank), 0) << name;
  std::vector<hsize_t> shape(static_cast<std::size_t>(rank));
  H5T_class_t type;
  std::size_t size;
  H5LTget_dataset_info(file, name, shape.data(), &type, &size);
  EXPECT_EQ(shape, expected_shape) << name;
  hsize_t count = 1;
  for (const hsize_t length : shape) count *= length;
  std::vector<double> data(count);
  H5LTread_dataset_double(file, name, data.data());
  return data;
}

TEST(Export, CsvHasOneRowPerPointWithFullDigits) {
  const TemporaryFolder folder;
  GridResult result = example_result();
  result.values[Quantity::loss].data[1] = 0.1 + 0.2;
  export_result(result, folder / "scan.csv", false);
  std::istringstream text(read_text(folder / "scan.csv"));
  std::vector<std::string> lines;
  for (std::string line; std::getline(text, line);) lines.push_back(line);
  ASSERT_EQ(lines.size(), 16u);
  EXPECT_EQ(lines[0],
            "x,y,loss,plane_hessian_xx,plane_hessian_xy,plane_hessian_yy,min_eigenvalue,"
            "layer_min_eigenvalue_1,layer_min_eigenvalue_2,verdict,convexity_gap");
  EXPECT_THAT(lines[2], StartsWith("-0.5,-0.1,0.30000000000000004,10,11,12,"));
  EXPECT_THAT(lines[6], StartsWith("-1,0,10,"));  // the second row of the grid
  EXPECT_THAT(lines[13], StartsWith("0,0.3,inf,"));
  EXPECT_THAT(lines[14], StartsWith("0.5,0.3,-inf,"));
  EXPECT_THAT(lines[15], StartsWith("1,0.3,nan,"));
}

TEST(Export, LossLandscapeFileHasItsKeysWithRowY) {
  const TemporaryFolder folder;
  GridResult result = example_result();
  result.values[Quantity::accuracy] = {1, std::vector<double>(15, 0.25)};
  result.values[Quantity::max_eigenvalue] = {1, std::vector<double>(15, 7.0)};
  export_result(result, folder / "scan.h5", false);
  const hid_t file = H5Fopen((folder / "scan.h5").c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
  ASSERT_GE(file, 0);
  EXPECT_EQ(dataset(file, "xcoordinates", {5}), result.x);
  EXPECT_EQ(dataset(file, "ycoordinates", {3}), result.y);
  const std::vector<double> loss = dataset(file, "train_loss", {3, 5});
  EXPECT_EQ(loss[9], 14.0);
  EXPECT_TRUE(std::isnan(loss[14]));
  EXPECT_EQ(dataset(file, "train_acc", {3, 5})[0], 25.0);
  EXPECT_EQ(dataset(file, "min_eig", {3, 5})[0], result.values[Quantity::min_eigenvalue].data[0]);
  EXPECT_EQ(dataset(file, "max_eig", {3, 5})[0], 7.0);
  EXPECT_EQ(H5LTfind_dataset(file, "dir_file"), 1);
  H5Fclose(file);
}

TEST(Export, LossLandscapeFileOfALineHasNoYCoordinates) {
  const TemporaryFolder folder;
  GridResult line;
  line.x = {0.0, 1.0, 2.0};
  line.y = {0.0};
  line.values[Quantity::loss] = {1, {2.0, 3.0, 4.0}};
  export_result(line, folder / "line.h5", false);
  const hid_t file = H5Fopen((folder / "line.h5").c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
  ASSERT_GE(file, 0);
  EXPECT_EQ(H5LTfind_dataset(file, "ycoordinates"), 0);
  EXPECT_THAT(dataset(file, "train_loss", {3}), ElementsAre(2.0, 3.0, 4.0));
  H5Fclose(file);
}

TEST(Export, NpzHoldsAlignedRowMajorArrays) {
  const TemporaryFolder folder;
  export_result(example_result(), folder / "scan.npz", false);
  zip_t* archive = zip_open((folder / "scan.npz").c_str(), ZIP_RDONLY | ZIP_CHECKCONS, nullptr);
  ASSERT_NE(archive, nullptr);
  zip_stat_t stat;
  ASSERT_EQ(zip_stat(archive, "loss.npy", 0, &stat), 0);
  std::string bytes(stat.size, '\0');
  zip_file_t* member = zip_fopen(archive, "loss.npy", 0);
  ASSERT_EQ(zip_fread(member, bytes.data(), bytes.size()), static_cast<zip_int64_t>(bytes.size()));
  zip_fclose(member);
  for (const char* name :
       {"x.npy", "y.npy", "plane_hessian_xy.npy", "layer_min_eigenvalue_2.npy", "verdict.npy",
        "convexity_gap.npy", "origin.npy", "direction.npy", "marker_x.npy"}) {
    EXPECT_GE(zip_name_locate(archive, name, 0), 0) << name;
  }
  zip_discard(archive);
  EXPECT_THAT(bytes, HasSubstr("'shape': (3,5,)"));
  const std::size_t start = bytes.size() - 15 * sizeof(double);
  EXPECT_EQ(start % 64, 0u);
  double value = 0.0;
  std::memcpy(&value, bytes.data() + start + 9 * sizeof(double), sizeof value);
  EXPECT_EQ(value, 14.0);
}

TEST(Export, VtkIsARectilinearGridWithBigEndianNumbers) {
  const TemporaryFolder folder;
  export_result(example_result(), folder / "scan.vtk", false);
  const std::string bytes = read_text(folder / "scan.vtk");
  EXPECT_THAT(bytes, StartsWith("# vtk DataFile Version 3.0\n"));
  EXPECT_THAT(bytes, HasSubstr("DIMENSIONS 5 3 1\n"));
  const std::string head = "SCALARS loss double 1\nLOOKUP_TABLE default\n";
  const std::size_t start = bytes.find(head) + head.size() + 9 * sizeof(double);
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < 8; ++i)
    word = word << 8 | static_cast<unsigned char>(bytes[start + i]);
  EXPECT_EQ(std::bit_cast<double>(word), 14.0);
}

TEST(Export, TheSameResultGivesTheSameBytes) {
  const TemporaryFolder folder;
  for (const std::string extension : {".npz", ".csv", ".vtk", ".h5"}) {
    export_result(example_result(), folder / ("a" + extension), false);
    export_result(example_result(), folder / ("b" + extension), false);
    EXPECT_EQ(read_text(folder / ("a" + extension)), read_text(folder / ("b" + extension)))
        << extension;
  }
}

TEST(Export, AnUnknownExtensionIsBadUsageThatNamesTheFour) {
  const TemporaryFolder folder;
  EXPECT_THROW(export_result(example_result(), folder / "scan.xlsx", false), UsageError);
  EXPECT_THAT(error_of([&] { export_result(example_result(), folder / "scan", false); }),
              HasSubstr(".npz, .csv, .vtk or .h5"));
}

TEST(Export, AFullDiskOrAnExistingFileIsOneErrorAndLosesNothing) {
  const TemporaryFolder folder;
  for (const std::string name : {"scan.npz", "scan.csv", "scan.vtk", "scan.h5"}) {
    write_text(folder / name, "precious");
    EXPECT_THAT(error_of([&] { export_result(example_result(), folder / name, false); }),
                HasSubstr("--overwrite"));
    const LimitedFileSize limit(512);
    EXPECT_THAT(error_of([&] { export_result(example_result(), folder / name, true); }),
                HasSubstr("what was at that name is unchanged"));
    EXPECT_EQ(read_text(folder / name), "precious");
  }
  EXPECT_EQ(folder.entries(), 4);
}

}  // namespace
}  // namespace convexscan
