// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#include "files/onnx_tensor.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstring>
#include <filesystem>

#include "convexscan/error.hpp"
#include "files/file_bytes.hpp"
#include "files/file_error.hpp"
#include "files/half.hpp"

namespace convexscan::graph {
namespace {

using onnx::TensorProto;

double from_bfloat16(std::uint16_t bits) {
  return static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16));
}

template <class T>
void append_raw(std::string_view bytes, std::vector<double>& values) {
  for (std::size_t at = 0; at < bytes.size(); at += sizeof(T)) {
    T value;
    std::memcpy(&value, bytes.data() + at, sizeof(T));
    values.push_back(static_cast<double>(value));
  }
}

void append_raw_bits(std::string_view bytes, std::vector<double>& values,
                     double (*convert)(std::uint16_t)) {
  for (std::size_t at = 0; at < bytes.size(); at += 2) {
    std::uint16_t bits = 0;
    std::memcpy(&bits, bytes.data() + at, 2);
    values.push_back(convert(bits));
  }
}

/// Bytes a value takes in raw data; 0 for what is no number.
std::size_t raw_width(int type) {
  switch (type) {
    case TensorProto::BOOL:
    case TensorProto::INT8:
    case TensorProto::UINT8:
      return 1;
    case TensorProto::FLOAT16:
    case TensorProto::BFLOAT16:
    case TensorProto::INT16:
    case TensorProto::UINT16:
      return 2;
    case TensorProto::FLOAT:
    case TensorProto::INT32:
    case TensorProto::UINT32:
      return 4;
    case TensorProto::DOUBLE:
    case TensorProto::INT64:
    case TensorProto::UINT64:
      return 8;
    default:
      return 0;
  }
}

bool is_whole(int type) {
  switch (type) {
    case TensorProto::INT8:
    case TensorProto::INT16:
    case TensorProto::INT32:
    case TensorProto::INT64:
    case TensorProto::UINT8:
    case TensorProto::UINT16:
    case TensorProto::UINT32:
    case TensorProto::UINT64:
      return true;
    default:
      return false;
  }
}

std::vector<double> raw_values(int type, std::string_view bytes) {
  std::vector<double> values;
  values.reserve(bytes.size() / raw_width(type));
  switch (type) {
    case TensorProto::BOOL:
    case TensorProto::UINT8:
      append_raw<std::uint8_t>(bytes, values);
      break;
    case TensorProto::INT8:
      append_raw<std::int8_t>(bytes, values);
      break;
    case TensorProto::FLOAT16:
      append_raw_bits(bytes, values, from_half);
      break;
    case TensorProto::BFLOAT16:
      append_raw_bits(bytes, values, from_bfloat16);
      break;
    case TensorProto::INT16:
      append_raw<std::int16_t>(bytes, values);
      break;
    case TensorProto::UINT16:
      append_raw<std::uint16_t>(bytes, values);
      break;
    case TensorProto::FLOAT:
      append_raw<float>(bytes, values);
      break;
    case TensorProto::INT32:
      append_raw<std::int32_t>(bytes, values);
      break;
    case TensorProto::UINT32:
      append_raw<std::uint32_t>(bytes, values);
      break;
    case TensorProto::DOUBLE:
      append_raw<double>(bytes, values);
      break;
    case TensorProto::INT64:
      append_raw<std::int64_t>(bytes, values);
      break;
    default:
      append_raw<std::uint64_t>(bytes, values);
  }
  return values;
}

std::vector<double> field_values(const TensorProto& proto) {
  std::vector<double> values;
  switch (proto.data_type()) {
    case TensorProto::FLOAT:
      values.assign(proto.float_data().begin(), proto.float_data().end());
      break;
    case TensorProto::DOUBLE:
      values.assign(proto.double_data().begin(), proto.double_data().end());
      break;
    case TensorProto::FLOAT16:
    case TensorProto::BFLOAT16:
      for (const std::int32_t bits : proto.int32_data()) {
        const auto half = static_cast<std::uint16_t>(bits);
        values.push_back(proto.data_type() == TensorProto::FLOAT16 ? from_half(half)
                                                                   : from_bfloat16(half));
      }
      break;
    case TensorProto::INT64:
      for (const std::int64_t value : proto.int64_data()) {
        values.push_back(static_cast<double>(value));
      }
      break;
    case TensorProto::UINT32:
    case TensorProto::UINT64:
      for (const std::uint64_t value : proto.uint64_data()) {
        values.push_back(static_cast<double>(value));
      }
      break;
    default:
      values.assign(proto.int32_data().begin(), proto.int32_data().end());
  }
  return values;
}

struct ExternalPlace {
  std::string location;
  std::size_t offset = 0;
  std::size_t length = std::string::npos;
};

ExternalPlace external_place(const std::string& name, const TensorProto& proto) {
  ExternalPlace place;
  for (const onnx::StringStringEntryProto& entry : proto.external_data()) {
    const std::string& value = entry.value();
    if (entry.key() == "location") place.location = value;
    if (entry.key() != "offset" && entry.key() != "length") continue;
    std::size_t& number = entry.key() == "offset" ? place.offset : place.length;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (error != std::errc{} || end != value.data() + value.size()) {
      throw file_error(
          "{}: its external data has the {} \"{}\", which is no number; export it "
          "again",
          name, entry.key(), value);
    }
  }
  return place;
}

std::string_view external_bytes(const std::string& name, const TensorProto& proto,
                                std::size_t needed, ExternalFiles& files) {
  const ExternalPlace place = external_place(name, proto);
  const std::string_view whole = files.bytes(place.location);
  const std::string_view bytes = whole.substr(std::min(place.offset, whole.size()), place.length);
  if (bytes.size() < needed) {
    throw file_error(
        "{}: its external data {} is truncated: {} bytes at {} are needed, there "
        "are {}; copy it again",
        name, place.location, needed, place.offset, bytes.size());
  }
  return bytes.substr(0, needed);
}

}  // namespace

const std::string& ExternalFiles::bytes(const std::string& location) {
  if (const auto found = read_.find(location); found != read_.end()) return found->second;
  namespace fs = std::filesystem;
  const fs::path folder =
      fs::path(model_path_).has_parent_path() ? fs::path(model_path_).parent_path() : fs::path(".");
  const fs::path relative(location);
  bool inside = !location.empty() && location.find('\0') == std::string::npos &&
                !relative.is_absolute() && std::ranges::find(relative, "..") == relative.end();
  if (inside) {
    // A link may lead out as well.
    std::error_code error;
    const fs::path from_folder = fs::weakly_canonical(folder / relative, error)
                                     .lexically_relative(fs::canonical(folder, error));
    inside = !error && !from_folder.empty() && *from_folder.begin() != "..";
  }
  if (!inside) {
    throw file_error(
        "{}: its external data lies at \"{}\", outside the model's folder; put both "
        "into one folder",
        model_path_, location);
  }
  try {
    return read_[location] = read_file((folder / relative).string());
  } catch (const Error& error) {
    throw file_error("{}: its external data: {}", model_path_, error.what());
  }
}

std::string ExternalFiles::hashes() const {
  std::string text;
  for (const auto& [location, contents] : read_) text += fmt::format(",{}", sha256(contents));
  return text;
}

std::vector<std::string> ExternalFiles::paths() const {
  std::vector<std::string> paths;
  for (const auto& [location, contents] : read_) {
    paths.push_back((std::filesystem::path(model_path_).parent_path() / location).string());
  }
  return paths;
}

Tensor read_tensor(const std::string& path, const TensorProto& proto, ExternalFiles& files) {
  const std::string name = fmt::format("{}: tensor \"{}\"", path, proto.name());
  Tensor tensor;
  tensor.whole = is_whole(proto.data_type());
  tensor.shape.assign(proto.dims().begin(), proto.dims().end());
  const std::size_t width = raw_width(proto.data_type());
  if (width == 0) {
    throw file_error("{}: has a type (number {}) that is not read; export with float32 weights",
                     name, proto.data_type());
  }
  const auto count = static_cast<std::size_t>(value_count(name, tensor.shape));
  if (proto.data_location() == TensorProto::EXTERNAL) {
    tensor.values =
        raw_values(proto.data_type(), external_bytes(name, proto, count * width, files));
  } else if (!proto.raw_data().empty() && proto.raw_data().size() == count * width) {
    tensor.values = raw_values(proto.data_type(), proto.raw_data());
  } else if (proto.raw_data().empty()) {
    tensor.values = field_values(proto);
  }
  if (tensor.values.size() != count) {
    throw file_error("{}: its data do not fill its shape {}; the file is damaged, export it again",
                     name, shape_text(tensor.shape));
  }
  return tensor;
}

}  // namespace convexscan::graph
