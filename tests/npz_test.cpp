// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "files/npz.hpp"

#include <gmock/gmock.h>

#include <cstring>

#include "files/file_bytes.hpp"
#include "temporary_folder.hpp"
#include "test_data.hpp"

namespace convexscan {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// An .npy file with a header as given.
std::string npy(std::string_view type, bool columns_first, std::string_view shape,
                std::string_view body, char version = 1) {
  const std::string literal = "{'descr': '" + std::string(type) +
                              "', 'fortran_order': " + (columns_first ? "True" : "False") +
                              ", 'shape': " + std::string(shape) + ", }\n";
  std::string bytes("\x93NUMPY");
  bytes += version;
  bytes += '\0';
  bytes += static_cast<char>(literal.size());
  bytes += '\0';
  if (version > 1) bytes += std::string(2, '\0');
  return bytes + literal + std::string(body);
}

template <class T>
std::string body(std::initializer_list<T> values) {
  return {reinterpret_cast<const char*>(values.begin()), values.size() * sizeof(T)};
}

std::string error_of_npy(std::string_view bytes) {
  return error_of([&] { parse_npy("a.npy", bytes); });
}

TEST(Npy, EveryNumberTypeIsRead) {
  const auto values = [](std::string_view type, const std::string& bytes) {
    return parse_npy("a.npy", npy(type, false, "(2,)", bytes)).values;
  };
  EXPECT_THAT(values("<f8", body<double>({1.5, -2})), ElementsAre(1.5, -2));
  EXPECT_THAT(values("<f4", body<float>({1.5F, -2})), ElementsAre(1.5, -2));
  EXPECT_THAT(values("<f2", body<std::uint16_t>({0x3E00, 0xC000})), ElementsAre(1.5, -2));
  EXPECT_THAT(values("|i1", body<std::int8_t>({1, -2})), ElementsAre(1, -2));
  EXPECT_THAT(values("<i2", body<std::int16_t>({1, -2})), ElementsAre(1, -2));
  EXPECT_THAT(values("<i4", body<std::int32_t>({1, -2})), ElementsAre(1, -2));
  EXPECT_THAT(values("<i8", body<std::int64_t>({1, -2})), ElementsAre(1, -2));
  EXPECT_THAT(values("|u1", body<std::uint8_t>({1, 254})), ElementsAre(1, 254));
  EXPECT_THAT(values("<u2", body<std::uint16_t>({1, 65534})), ElementsAre(1, 65534));
  EXPECT_THAT(values("<u4", body<std::uint32_t>({1, 4294967294U})), ElementsAre(1, 4294967294.0));
  EXPECT_THAT(values("<u8", body<std::uint64_t>({1, 2})), ElementsAre(1, 2));
  EXPECT_THAT(values("|b1", body<bool>({true, false})), ElementsAre(1, 0));
  EXPECT_THAT(values(">f8", std::string("\x3F\xF8\0\0\0\0\0\0\xC0\0\0\0\0\0\0\0", 16)),
              ElementsAre(1.5, -2));
  EXPECT_THAT(values(">i2", std::string("\x01\x00\xFF\xFE", 4)), ElementsAre(256, -2));
}

TEST(Npy, FortranOrderIsTurnedIntoRows) {
  const std::string bytes = body<double>({1, 4, 2, 5, 3, 6});
  EXPECT_THAT(parse_npy("a.npy", npy("<f8", true, "(2, 3)", bytes)).values,
              ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_THAT(parse_npy("a.npy", npy("<f8", true, "(1, 2, 3)", bytes)).values,
              ElementsAre(1, 2, 3, 4, 5, 6));
}

TEST(Npy, ScalarsEmptyArraysAndEveryVersionAreRead) {
  EXPECT_TRUE(parse_npy("a.npy", npy("<f8", false, "()", body<double>({3}))).shape.empty());
  EXPECT_TRUE(parse_npy("a.npy", npy("<f8", false, "(0, 4)", "")).values.empty());
  for (const char version : {'\2', '\3'}) {
    EXPECT_THAT(parse_npy("a.npy", npy("<f8", false, "(1,)", body<double>({3}), version)).values,
                ElementsAre(3));
  }
  EXPECT_THAT(error_of_npy(npy("<f8", false, "(1,)", body<double>({3}), 9)),
              HasSubstr("version 9"));
}

TEST(Npy, HugeShapesAreRefusedBeforeAnythingIsAllocated) {
  EXPECT_THAT(
      error_of_npy(npy("<f8", false, "(1000000000000,)", "")),
      HasSubstr("a.npy: is truncated: shape (1000000000000,) of <f8 needs 8000000000000 bytes, "
                "there are 0; save or copy it again"));
  for (const char* shape :
       {"(9223372036854775807, 9223372036854775807)", "(4611686018427387904, 4)",
        "(0, 9223372036854775807, 9223372036854775807)"}) {
    EXPECT_THAT(error_of_npy(npy("<f8", false, shape, "")), HasSubstr("impossible shape")) << shape;
  }
}

TEST(Npy, WhatIsNoArrayOfNumbersIsRefused) {
  EXPECT_THAT(error_of_npy(npy("|O", false, "(1,)", "xxxxxxxx")),
              HasSubstr("holds Python objects"));
  EXPECT_THAT(error_of_npy(npy("<U5", false, "(1,)", "xxxxxxxx")), HasSubstr("has dtype \"<U5\""));
  EXPECT_THAT(error_of_npy(npy("<c16", false, "(1,)", "xxxxxxxx")),
              HasSubstr("save floats, integers"));
  EXPECT_THAT(error_of_npy(npy("<f8", false, "(-1,)", "xxxxxxxx")),
              HasSubstr("its shape is damaged"));
  EXPECT_THAT(error_of_npy(npy("<f8", false, "(a,)", "xxxxxxxx")),
              HasSubstr("its shape is damaged"));
  EXPECT_THAT(error_of_npy(""), HasSubstr("is not a numpy array"));
}

TEST(Npz, WhatIsWrittenIsReadAgain) {
  const TemporaryFolder folder;
  const std::vector<double> matrix{1, 2, 3, 4, 5, 6};
  const std::vector<double> number{0.1};
  const std::vector<NamedArray> arrays{{"matrix", {2, 3}, matrix}, {"number", {}, number}};
  write_npz(folder.file("a.npz"), false, arrays);
  const NpzArchive archive(folder.file("a.npz"));
  EXPECT_THAT(archive.keys(), ElementsAre("matrix", "number"));
  EXPECT_THAT(archive.read("matrix").shape, ElementsAre(2, 3));
  EXPECT_EQ(archive.read("matrix").values, matrix);
  EXPECT_EQ(archive.read("number").values, number);
  write_npz(folder.file("b.npz"), false, arrays);
  EXPECT_EQ(bytes_of(folder.file("a.npz")), bytes_of(folder.file("b.npz")));
  EXPECT_THAT(error_of([&] { write_npz(folder.file("a.npz"), false, arrays); }),
              HasSubstr("already exists"));
}

TEST(Npz, WhatNumpyWritesInEveryTypeAndOrderIsRead) {
  for (const char* name : {"numpy-stored.npz", "numpy-deflated.npz"}) {
    const NpzArchive archive(test_data(name));
    EXPECT_EQ(archive.keys().size(), 54U);
    for (const std::string& key : archive.keys()) {
      const Array array = archive.read(key);
      EXPECT_THAT(array.shape, ElementsAre(2, 3)) << key;
      EXPECT_THAT(array.values, ElementsAre(0, 1, 2, 3, 4, 5)) << key;
    }
  }
  const NpzArchive objects(test_data("numpy-objects.npz"));
  EXPECT_THAT(error_of([&] { objects.read("x"); }),
              HasSubstr("numpy-objects.npz[x]: holds Python objects"));
  EXPECT_THAT(error_of([&] { objects.read("y"); }), HasSubstr("has dtype \"<U1\""));
}

TEST(Npz, AMissingKeyIsReportedWithThoseThatThereAre) {
  const TemporaryFolder folder;
  const std::vector<double> one{1};
  write_npz(folder.file("a.npz"), false,
            std::vector<NamedArray>{{"X", {1}, one}, {"tehta", {1}, one}});
  const NpzArchive archive(folder.file("a.npz"));
  EXPECT_THAT(error_of([&] { archive.read("x"); }),
              HasSubstr("a.npz: has no key \"x\", only X, tehta; save \"X\" as \"x\""));
  EXPECT_THAT(error_of([&] { archive.read("theta"); }), HasSubstr("save \"tehta\" as \"theta\""));
  EXPECT_THAT(error_of([&] { archive.read("y"); }), HasSubstr("save one as \"y\""));
}

TEST(Npz, WhatIsNoArchiveIsRefused) {
  const TemporaryFolder folder;
  EXPECT_THAT(error_of([&] { NpzArchive{folder.write("a.npz", "PK and words")}; }),
              HasSubstr("a.npz: is no whole .npz archive"));
  EXPECT_THAT(error_of([&] { NpzArchive{folder.file("none.npz")}; }), HasSubstr("no such file"));
  EXPECT_THAT(error_of([&] { NpzArchive{folder.file(".")}; }), HasSubstr("is a folder"));
}

TEST(Sha256, IsThatOfTheStandard) {
  EXPECT_EQ(sha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

}  // namespace
}  // namespace convexscan
