// SPDX-FileCopyrightText: 2026 The convexscan authors
// SPDX-License-Identifier: MIT

#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace convexscan::commands {

/// Keeps other trainings out of a folder for as long as it lives.
class FolderLock {
 public:
  /// Throws Error where the folder cannot be written or another training has locked it.
  explicit FolderLock(const std::filesystem::path& folder);
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  std::filesystem::path path_;
  int file_ = -1;
};

/// Throws UsageError where the file that is to be written lies in the folder of checkpoints, also
/// by a link: every .npz there is taken for a step.
void refuse_checkpoint(const std::string& output, const std::filesystem::path& folder);

/// The folder that one training keeps its checkpoints in, and no other at the same time: two runs
/// in one folder would be taken for one trajectory.
class CheckpointFolder {
 public:
  /// Makes the folder where it is missing; in one that is there nothing is changed yet. Throws
  /// Error where it cannot be used, is in use, or holds anything without overwrite, or with
  /// overwrite what would be taken for a checkpoint and is none; UsageError where it holds one of
  /// the inputs.
  CheckpointFolder(const std::filesystem::path& folder, bool overwrite,
                   const std::vector<std::string>& inputs);
  /// Leaves no folder that this made and that nothing was saved in.
  ~CheckpointFolder();
  CheckpointFolder(const CheckpointFolder&) = delete;
  CheckpointFolder& operator=(const CheckpointFolder&) = delete;

  /// Removes the checkpoints of an earlier run and what a killed one left. Throws Error, and leaves
  /// all checkpoints, where one of them cannot be removed.
  void clear();

  /// theta (parameters) as the checkpoint of an iteration.
  void save(int iteration, std::span<const double> theta) const;

 private:
  std::filesystem::path folder_;
  std::vector<std::filesystem::path> made_;  ///< from the inside out
  std::optional<FolderLock> lock_;
  std::vector<std::string> steps_;       ///< names of an earlier run's files
  std::vector<std::string> unfinished_;  ///< and of what a killed one left
};

}  // namespace convexscan::commands
