// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "convexscan/dataset.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <zlib.h>

#include <limits>

#include "files/file_bytes.hpp"
#include "files/npz.hpp"
#include "temporary_folder.hpp"

namespace convexscan {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class Data : public testing::Test {
 protected:
  std::string npz(const std::vector<std::int64_t>& x_shape, const std::vector<double>& x,
                  const std::vector<std::int64_t>& y_shape, const std::vector<double>& y) {
    write_npz(folder.file("d.npz"), true,
              std::vector<NamedArray>{{"x", x_shape, x}, {"y", y_shape, y}});
    return folder.file("d.npz");
  }

  std::string npz_error(const std::vector<std::int64_t>& x_shape, const std::vector<double>& x,
                        const std::vector<std::int64_t>& y_shape, const std::vector<double>& y) {
    const std::string path = npz(x_shape, x, y_shape, y);
    return error_of([&] { load_dataset(path); });
  }

  std::string csv_error(std::string_view text) {
    const std::string path = folder.write("d.csv", text);
    return error_of([&] { load_dataset(path); });
  }

  std::string gz(std::string_view name, const std::string& bytes) {
    const gzFile file = gzopen(folder.file(name).c_str(), "wb");
    gzwrite(file, bytes.data(), static_cast<unsigned>(bytes.size()));
    gzclose(file);
    return folder.file(name);
  }

  TemporaryFolder folder;
};

const std::string images("\0\0\x08\x03\0\0\0\x02\0\0\0\x01\0\0\0\x03\x00\x33\xFF\x66\x99\xCC", 22);
const std::string labels("\0\0\x08\x01\0\0\0\x02\x07\x03", 10);

TEST_F(Data, NpzIsFlattenedAndWholeTargetsAreLabels) {
  const std::string path = npz({2, 1, 2}, {1, 2, 3, 4}, {2}, {1, 0});
  const Dataset data = load_dataset(path);
  EXPECT_EQ(data.samples, 2);
  EXPECT_EQ(data.features, 2);
  EXPECT_EQ(data.target_width, 1);
  EXPECT_THAT(data.inputs, ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(data.targets, ElementsAre(1, 0));
  EXPECT_THAT(data.labels, ElementsAre(1, 0));
  EXPECT_EQ(data.source, path);
  EXPECT_EQ(data.hash, sha256(bytes_of(path)));
}

TEST_F(Data, RealOrSeveralTargetsAreNoLabels) {
  EXPECT_THAT(load_dataset(npz({2}, {1, 2}, {2}, {0.5, 1})).labels, IsEmpty());
  const Dataset two = load_dataset(npz({2}, {1, 2}, {2, 2}, {0, 1, 1, 0}));
  EXPECT_THAT(two.labels, IsEmpty());
  EXPECT_EQ(two.target_width, 2);
  EXPECT_THAT(load_dataset(npz({2}, {1, 2}, {2, 1}, {4, 1})).labels, ElementsAre(4, 1));
}

TEST_F(Data, NpzThatDoesNotFitIsRefused) {
  EXPECT_THAT(npz_error({2}, {1, 2}, {3}, {1, 2, 3}), HasSubstr("d.npz[x] has 2 samples, but "));
  EXPECT_THAT(npz_error({0, 2}, {}, {0}, {}), HasSubstr("d.npz[x]: is empty, with shape (0, 2)"));
  EXPECT_THAT(npz_error({1, 2}, {1, 2}, {1, 0}, {}),
              HasSubstr("d.npz[y]: is empty, with shape (1, 0)"));
  EXPECT_THAT(npz_error({}, {1}, {1}, {1}), HasSubstr("d.npz[x]: is a single number"));
  EXPECT_THAT(npz_error({1}, {1}, {1, 1, 1}, {1}),
              HasSubstr("d.npz[y]: has shape (1, 1, 1); give (N,)"));
}

TEST_F(Data, ValuesThatAreNotFiniteAreNamedWithTheirPlace) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double infinity = std::numeric_limits<double>::infinity();
  EXPECT_THAT(npz_error({2, 2}, {1, 2, 3, nan}, {2}, {0, 1}),
              HasSubstr("d.npz[x]: NaN at row 1, column 1"));
  EXPECT_THAT(npz_error({2, 2}, {1, 2, 3, 4}, {2}, {0, -infinity}),
              HasSubstr("d.npz[y]: infinity at index 1"));
}

TEST_F(Data, CsvHasItsTargetLast) {
  const std::string path =
      folder.write("d.csv",
                   "\xEF\xBB\xBF"
                   "# flowers\r\nwidth,\"height, cm\",kind\r\n\r\n 1.5 ,+2,0\r\n"
                   "# between\n\"3\",-4e0,1\n\n5,6,2");
  const Dataset data = load_dataset(path);
  EXPECT_EQ(data.samples, 3);
  EXPECT_EQ(data.features, 2);
  EXPECT_THAT(data.inputs, ElementsAre(1.5, 2, 3, -4, 5, 6));
  EXPECT_THAT(data.labels, ElementsAre(0, 1, 2));
  EXPECT_EQ(load_dataset(gz("d.csv.gz", "1,2\n3,4\n")).samples, 2);
}

TEST_F(Data, CsvLinesEndAsAnySystemEndsThem) {
  for (const char* end : {"\n", "\r\n", "\r"}) {
    const Dataset data =
        load_dataset(folder.write("d.csv", fmt::format("a,b,c{0}1,2,0{0}{0}3,4,1{0}", end)));
    EXPECT_EQ(data.samples, 2);
    EXPECT_EQ(data.features, 2);
    EXPECT_THAT(data.inputs, ElementsAre(1, 2, 3, 4));
    EXPECT_THAT(csv_error(fmt::format("1,2{0}{0}3,x{0}", end)), HasSubstr("line 3, column 2"));
  }
}

TEST_F(Data, CsvErrorsNameLineAndColumn) {
  EXPECT_THAT(csv_error("a,b\n1,2\n3,x\n"),
              HasSubstr("d.csv: line 3, column 2: \"x\" is not a number"));
  EXPECT_THAT(csv_error("1,2\n\n#\n3\n"),
              HasSubstr("d.csv: line 4 has 1 columns, but line 1 has 2"));
  EXPECT_THAT(csv_error("1,2\n3," + std::string(39, 'x') + "\xc3\xa9t\n"),
              HasSubstr("\"" + std::string(39, 'x') + "…\" is not a number"));
  EXPECT_THAT(csv_error("1,2\n3,\n"), HasSubstr("d.csv: line 2, column 2 is empty"));
  EXPECT_THAT(csv_error("1,2\n3,nan\n"), HasSubstr("d.csv: line 2, column 2: nan is not finite"));
  for (const char* number : {"1e999", "-1e999", "1e-999"}) {
    EXPECT_THAT(csv_error(fmt::format("1,2\n3,{}\n", number)),
                HasSubstr(fmt::format("d.csv: line 2, column 2: \"{}\" is beyond the range of a "
                                      "double",
                                      number)));
  }
  EXPECT_THAT(csv_error("1e999,1e999\n1,2\n"), HasSubstr("line 1, column 1"));  // no header
  EXPECT_THAT(csv_error("1,2\n3,\"4\n"), HasSubstr("d.csv: line 2: a quote is not closed"));
  EXPECT_THAT(csv_error("5.1,3.5,setosa\n"), HasSubstr("write classes as whole numbers from 0"));
  EXPECT_THAT(csv_error("a;b\n1;2\n"),
              HasSubstr("line 2, column 1: \"1;2\" is not a number; separate columns "
                        "by commas"));
  EXPECT_THAT(csv_error("a;b\n0,5;1\n"),
              HasSubstr("line 2 has 2 columns, but line 1 has 1; separate "
                        "columns by commas, and write 0.5, not 0,5"));
  EXPECT_THAT(csv_error(",a,b\n0,1,2\n"), HasSubstr("write the file with index=False"));
  EXPECT_THAT(csv_error("1\n2\n"), HasSubstr("has one column"));
  EXPECT_THAT(csv_error("a,b\n"), HasSubstr("holds no rows of numbers"));
  EXPECT_THAT(csv_error(""), HasSubstr("is empty"));
}

TEST_F(Data, IdxPairsAreReadPackedOrNot) {
  const std::string plain_images = folder.write("images", images);
  const std::string plain_labels = folder.write("labels", labels);
  for (const std::string& pair : {plain_images + "," + plain_labels,
                                  gz("images.gz", images) + "," + gz("labels.gz", labels)}) {
    const Dataset data = load_dataset(pair);
    EXPECT_EQ(data.samples, 2);
    EXPECT_EQ(data.features, 3);
    EXPECT_THAT(data.inputs, ElementsAre(0.0, 0.2, 1.0, 0.4, 0.6, 0.8));
    EXPECT_THAT(data.labels, ElementsAre(7, 3));
    EXPECT_EQ(data.hash.size(), 129U);
  }
}

TEST_F(Data, IdxThatIsDamagedIsRefused) {
  const auto error = [&](const std::string& first, const std::string& second) {
    const std::string pair = folder.write("a", first) + "," + folder.write("b", second);
    return error_of([&] { load_dataset(pair); });
  };
  EXPECT_THAT(error(images.substr(0, 20), labels),
              HasSubstr("a: is truncated: it needs 22 bytes, there are 20"));
  EXPECT_THAT(error(images.substr(0, 9), labels), HasSubstr("a: is truncated"));
  EXPECT_THAT(error(images + "x", labels), HasSubstr("a: has 1 bytes beyond its shape (2, 1, 3)"));
  EXPECT_THAT(error("no idx at all", labels), HasSubstr("a: is no IDX file"));
  EXPECT_THAT(error(labels, images), HasSubstr("swap them"));
  EXPECT_THAT(error(std::string("\0\0\x08\x03\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 16),
                    labels),
              HasSubstr("impossible shape"));
  std::string packed = bytes_of(gz("images.gz", images));
  EXPECT_THAT(error(packed.substr(0, packed.size() - 9), labels),
              HasSubstr("a: ends in the middle of its gzip data"));
  packed[12] = static_cast<char>(packed[12] ^ 0x55);
  EXPECT_THAT(error(packed, labels), HasSubstr("gzip data"));
}

TEST_F(Data, WhatHasNoEndOrNeverBeginsIsRefused) {
  ::mkfifo(folder.file("fifo.npz").c_str(), 0600);
  for (const std::string& path : {folder.file("fifo.npz"), std::string("/dev/zero")}) {
    EXPECT_THAT(error_of([&] { load_dataset(path); }), HasSubstr(path + ": is a device or a pipe"));
  }
  EXPECT_THAT(error_of([&] { load_dataset(folder.file("")); }), HasSubstr("is a folder"));
}

TEST_F(Data, PathsAreReportedAsTheyAre) {
  EXPECT_THAT(error_of([&] { load_dataset("/nowhere/d.npz"); }),
              testing::StrEq("/nowhere/d.npz: no such file; check the path"));
  EXPECT_THAT(error_of([&] { load_dataset(folder.file("")); }),
              HasSubstr("is a folder; give a file"));
  EXPECT_THAT(error_of([&] { load_dataset("/nowhere/a,/nowhere/b"); }),
              testing::StrEq("/nowhere/a: no such file; check the path"));
  EXPECT_THAT(error_of([&] { load_dataset(folder.write("images", images)); }),
              HasSubstr("is one IDX file; give images and labels"));
  EXPECT_THAT(error_of([&] { load_dataset(folder.write("d.txt", "words")); }),
              HasSubstr("is not a kind of data that is read"));
  EXPECT_THAT(error_of([&] { load_dataset(folder.write("d.npz", "words")); }),
              HasSubstr("is no whole .npz archive"));
}

TEST_F(Data, AFileWithACommaInItsNameIsOneFile) {
  EXPECT_EQ(load_dataset(folder.write("a,b.csv", "1,2\n")).samples, 1);
  folder.write("c,images", images);
  folder.write("c,labels", labels);
  EXPECT_EQ(load_dataset(folder.file("c,images") + "," + folder.file("c,labels")).samples, 2);
}

TEST_F(Data, FirstTakesTheFirstSamples) {
  const Dataset data = load_dataset(npz({3, 2}, {1, 2, 3, 4, 5, 6}, {3}, {7, 8, 9}));
  const Dataset part = data.first(2);
  EXPECT_EQ(part.samples, 2);
  EXPECT_THAT(part.inputs, ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(part.targets, ElementsAre(7, 8));
  EXPECT_THAT(part.labels, ElementsAre(7, 8));
  EXPECT_THROW(data.first(4), UsageError);
  EXPECT_THROW(data.first(0), UsageError);
}

}  // namespace
}  // namespace convexscan
