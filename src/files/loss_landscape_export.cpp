// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

// The surface file of tomgoldstein/loss-landscape (plot_surface.py): its plot_1D.py, plot_2D.py and
// h52vtp.py read it. Row = y; the last of them wants a square grid.

#include <fmt/format.h>
#include <hdf5.h>
#include <hdf5_hl.h>

#include <vector>

#include "convexscan/error.hpp"
#include "files/encodings.hpp"

namespace convexscan {
namespace {

template <typename Status>
Status check(Status status) {
  if (status < 0) throw Error("the .h5 file could not be made: HDF5 reports an error");
  return status;
}

/// An HDF5 identifier with the function that closes it.
class Handle {
 public:
  Handle(hid_t id, herr_t (*close)(hid_t)) : id_(check(id)), close_(close) {}
  ~Handle() { close_(id_); }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  hid_t get() const { return id_; }

 private:
  hid_t id_;
  herr_t (*close_)(hid_t);
};

/// Keeps HDF5 from printing its own account of an error.
class Silence {
 public:
  Silence() {
    H5Eget_auto2(H5E_DEFAULT, &function_, &data_);
    H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  }
  ~Silence() { H5Eset_auto2(H5E_DEFAULT, function_, data_); }
  Silence(const Silence&) = delete;
  Silence& operator=(const Silence&) = delete;

 private:
  H5E_auto2_t function_ = nullptr;
  void* data_ = nullptr;
};

void write_numbers(hid_t file, const char* name, const std::vector<hsize_t>& shape,
                   const std::vector<double>& data) {
  check(H5LTmake_dataset_double(file, name, static_cast<int>(shape.size()), shape.data(),
                                data.data()));
}

}  // namespace

std::string loss_landscape_of(const GridResult& result) {
  const Silence silence;
  const Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
  check(H5Pset_fapl_core(access.get(), /*increment=*/1 << 20, /*backing_store=*/0));
  // With no backing store the name is only a name.
  const Handle file(H5Fcreate("loss-landscape.h5", H5F_ACC_TRUNC, H5P_DEFAULT, access.get()),
                    H5Fclose);

  const Provenance& provenance = result.provenance;
  const std::string directions =
      provenance.directions.empty() ? "convexscan" : provenance.directions;
  check(H5LTmake_dataset_string(file.get(), "dir_file", directions.c_str()));
  std::vector<hsize_t> shape{result.x.size()};
  write_numbers(file.get(), "xcoordinates", shape, result.x);
  if (result.y.size() > 1) {  // its presence tells the scripts that this is a plane
    write_numbers(file.get(), "ycoordinates", {result.y.size()}, result.y);
    shape.insert(shape.begin(), result.y.size());
  }
  const auto write = [&](Quantity quantity, const char* name, double factor) {
    const auto found = result.values.find(quantity);
    if (found == result.values.end()) return;
    std::vector<double> data = found->second.data;
    if (data.size() != static_cast<std::size_t>(result.points())) {
      throw Error(fmt::format("{} has {} values where the grid needs {}", info(quantity).name,
                              data.size(), result.points()));
    }
    for (double& value : data) value *= factor;
    write_numbers(file.get(), name, shape, data);
  };
  write(Quantity::loss, "train_loss", 1.0);
  write(Quantity::accuracy, "train_acc", 100.0);  // percent
  write(Quantity::min_eigenvalue, "min_eig", 1.0);
  write(Quantity::max_eigenvalue, "max_eig", 1.0);

  check(H5Fflush(file.get(), H5F_SCOPE_GLOBAL));
  const ssize_t size = check(H5Fget_file_image(file.get(), nullptr, 0));
  std::string bytes(static_cast<std::size_t>(size), '\0');
  check(H5Fget_file_image(file.get(), bytes.data(), bytes.size()));
  return bytes;
}

}  // namespace convexscan
