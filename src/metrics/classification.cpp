#include "metrics/classification.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace vitrine::metrics {
namespace {

constexpr std::size_t kBins = 10;
constexpr double kSmallest = 1e-7;

double f1_of(double hits, double truths, double answers) {
  return truths + answers == 0 ? 0 : 2 * hits / (truths + answers);
}

template <typename Count>
double macro_f1(const std::vector<std::vector<Count>>& confusion) {
  const std::size_t classes = confusion.size();
  double sum = 0;
  std::size_t present = 0;
  for (std::size_t k = 0; k < classes; ++k) {
    double truths = 0;
    double answers = 0;
    for (std::size_t j = 0; j < classes; ++j) {
      truths += static_cast<double>(confusion[k][j]);
      answers += static_cast<double>(confusion[j][k]);
    }
    if (truths + answers == 0) continue;
    sum += f1_of(static_cast<double>(confusion[k][k]), truths, answers);
    ++present;
  }
  return present == 0 ? 0 : sum / static_cast<double>(present);
}

double calibration_error(const std::vector<CalibrationBin>& bins, double rows) {
  double error = 0;
  for (const auto& bin : bins) {
    error += static_cast<double>(bin.rows) / rows * std::abs(bin.confidence - bin.observed);
  }
  return error;
}

class Calibration {
 public:
  Calibration() : bins_(kBins) {
    for (std::size_t i = 0; i < kBins; ++i) {
      bins_[i].low = static_cast<double>(i) / kBins;
      bins_[i].high = static_cast<double>(i + 1) / kBins;
    }
  }
  void add(double confidence, bool correct) {
    const auto index = std::min(kBins - 1, static_cast<std::size_t>(confidence * kBins));
    ++bins_[index].rows;
    bins_[index].confidence += confidence;
    bins_[index].observed += correct ? 1 : 0;
  }
  std::vector<CalibrationBin> bins() const {
    auto means = bins_;
    for (auto& bin : means) {
      if (bin.rows == 0) continue;
      bin.confidence /= static_cast<double>(bin.rows);
      bin.observed /= static_cast<double>(bin.rows);
    }
    return means;
  }

 private:
  std::vector<CalibrationBin> bins_;
};

}  // namespace

double log_loss(std::span<const float> probabilities, std::span<const int> labels,
                std::size_t classes, std::vector<double>* losses) {
  double sum = 0;
  std::size_t rows = 0;
  for (std::size_t row = 0; row < labels.size(); ++row) {
    if (labels[row] < 0) continue;
    const double p = probabilities[row * classes + static_cast<std::size_t>(labels[row])];
    const double loss = -std::log(std::clamp(p, kSmallest, 1.0));
    sum += loss;
    ++rows;
    if (losses != nullptr) losses->push_back(loss);
  }
  return rows == 0 ? 0 : sum / static_cast<double>(rows);
}

std::optional<Estimate> area_under_roc(std::span<const float> scores, std::span<const int> labels) {
  std::vector<std::uint32_t> order;
  order.reserve(scores.size());
  for (std::size_t row = 0; row < scores.size(); ++row) {
    if (labels[row] >= 0) order.push_back(static_cast<std::uint32_t>(row));
  }
  std::ranges::sort(order, {}, [&](std::uint32_t row) { return scores[row]; });
  const auto positives = static_cast<double>(
      std::ranges::count_if(order, [&](std::uint32_t row) { return labels[row] == 1; }));
  const double negatives = static_cast<double>(order.size()) - positives;
  if (positives == 0 || negatives == 0) return std::nullopt;

  // For each positive the share of negatives below it, and for each negative the share of positives
  // above it. The mean of either is the AUC; the variances of both add up to that of the AUC.
  double sum[2] = {0, 0};
  double squares[2] = {0, 0};
  double below[2] = {0, 0};  // negatives and positives passed so far
  for (std::size_t at = 0; at < order.size();) {
    std::size_t end = at;
    double tied[2] = {0, 0};
    for (; end < order.size() && scores[order[end]] == scores[order[at]]; ++end) {
      tied[labels[order[end]] == 1 ? 1 : 0] += 1;
    }
    const double for_positive = (below[0] + tied[0] / 2) / negatives;
    const double for_negative = (positives - below[1] - tied[1] / 2) / positives;
    sum[1] += tied[1] * for_positive;
    squares[1] += tied[1] * for_positive * for_positive;
    sum[0] += tied[0] * for_negative;
    squares[0] += tied[0] * for_negative * for_negative;
    below[0] += tied[0];
    below[1] += tied[1];
    at = end;
  }
  const double auc = sum[1] / positives;
  const auto variance_of_mean = [&](int side, double count) {
    if (count < 2) return 0.0;
    return std::max(0.0, squares[side] - count * auc * auc) / (count - 1) / count;
  };
  const double error = std::sqrt(variance_of_mean(1, positives) + variance_of_mean(0, negatives));
  Estimate figure{auc, {auc, auc}};
  if (auc > 0 && auc < 1) {
    const double logit = std::log(auc / (1 - auc));
    const double half = 1.959963984540054 * error / (auc * (1 - auc));
    figure.ci95 = {1 / (1 + std::exp(-(logit - half))), 1 / (1 + std::exp(-(logit + half)))};
  }
  return figure;
}

double best_f1_threshold(std::span<const float> scores, std::span<const int> labels) {
  std::vector<std::uint32_t> order(scores.size());
  std::iota(order.begin(), order.end(), 0U);
  std::ranges::sort(order, std::ranges::greater{}, [&](std::uint32_t row) { return scores[row]; });
  const auto positives = static_cast<double>(std::ranges::count(labels, 1));
  double hits = 0;
  double best = -1;
  double threshold = 0.5;
  for (std::size_t i = 0; i < order.size(); ++i) {
    hits += labels[order[i]] == 1 ? 1 : 0;
    if (i + 1 < order.size() && scores[order[i + 1]] == scores[order[i]]) continue;
    const double f1 = f1_of(hits, positives, static_cast<double>(i + 1));
    if (f1 > best) {
      best = f1;
      // Halfway between two scores, so that engines with other rounding predict the same label.
      const double score = scores[order[i]];
      threshold = i + 1 < order.size() ? (score + scores[order[i + 1]]) / 2 : score;
    }
  }
  return threshold;
}

std::vector<std::vector<std::size_t>> confusion_matrix(std::span<const int> answers,
                                                       std::span<const int> labels,
                                                       std::size_t classes) {
  std::vector<std::vector<std::size_t>> out(classes, std::vector<std::size_t>(classes, 0));
  for (std::size_t row = 0; row < labels.size(); ++row) {
    if (labels[row] < 0) continue;
    ++out[static_cast<std::size_t>(labels[row])][static_cast<std::size_t>(answers[row])];
  }
  return out;
}

std::vector<ClassMetrics> class_metrics(const std::vector<std::vector<std::size_t>>& confusion) {
  std::vector<ClassMetrics> figures(confusion.size());
  for (std::size_t k = 0; k < confusion.size(); ++k) {
    std::size_t answers = 0;
    for (std::size_t j = 0; j < confusion.size(); ++j) {
      figures[k].rows += confusion[k][j];
      answers += confusion[j][k];
    }
    const std::size_t hits = confusion[k][k];
    figures[k].precision = proportion(hits, answers);
    figures[k].recall = proportion(hits, figures[k].rows);
    figures[k].f1 = f1_of(static_cast<double>(hits), static_cast<double>(figures[k].rows),
                          static_cast<double>(answers));
  }
  return figures;
}

Estimate f1_macro(const std::vector<std::vector<std::size_t>>& confusion) {
  return bootstrap(macro_f1(confusion), [&](Random& random) {
    auto drawn = confusion;
    for (auto& row : drawn) {
      for (auto& count : row) count = poisson(random, static_cast<double>(count));
    }
    return macro_f1(drawn);
  });
}

std::vector<CalibrationBin> calibration_bins(std::span<const float> probabilities,
                                             std::span<const int> answers,
                                             std::span<const int> labels, std::size_t classes) {
  Calibration calibration;
  for (std::size_t row = 0; row < labels.size(); ++row) {
    if (labels[row] < 0) continue;
    const int seen = classes == 2 ? 1 : answers[row];
    calibration.add(probabilities[row * classes + static_cast<std::size_t>(seen)],
                    labels[row] == seen);
  }
  return calibration.bins();
}

Estimate expected_calibration_error(const std::vector<CalibrationBin>& bins) {
  double n = 0;
  for (const CalibrationBin& bin : bins) n += static_cast<double>(bin.rows);
  return bootstrap(calibration_error(bins, std::max(1.0, n)), [&](Random& random) {
    auto drawn = bins;
    double total = 0;
    for (auto& bin : drawn) {
      const double hits = bin.observed * static_cast<double>(bin.rows);
      const auto yes = static_cast<double>(poisson(random, hits));
      const auto no = static_cast<double>(poisson(random, static_cast<double>(bin.rows) - hits));
      bin.rows = static_cast<std::size_t>(yes + no);
      bin.observed = yes + no > 0 ? yes / (yes + no) : bin.confidence;
      total += yes + no;
    }
    return total > 0 ? calibration_error(drawn, total) : 0.0;
  });
}

Estimate brier_score(std::span<const float> probabilities, std::span<const int> labels,
                     std::size_t classes) {
  double sum = 0;
  double squares = 0;
  std::size_t rows = 0;
  for (std::size_t row = 0; row < labels.size(); ++row) {
    if (labels[row] < 0) continue;
    double of_row = 0;
    for (std::size_t k = 0; k < classes; ++k) {
      const double truth = static_cast<int>(k) == labels[row] ? 1 : 0;
      const double miss = static_cast<double>(probabilities[row * classes + k]) - truth;
      of_row += classes == 2 ? miss * miss / 2 : miss * miss;
    }
    sum += of_row;
    squares += of_row * of_row;
    ++rows;
  }
  Estimate out = mean_estimate(sum, squares, rows);
  out.ci95.high = std::min(out.ci95.high, classes == 2 ? 1.0 : 2.0);
  return out;
}

Estimate log_loss_estimate(std::span<const float> probabilities, std::span<const int> labels,
                           std::size_t classes) {
  std::vector<double> losses;
  log_loss(probabilities, labels, classes, &losses);
  double confidence = 0;
  for (std::size_t row = 0; row < labels.size(); ++row) {
    if (labels[row] < 0) continue;
    const auto p = probabilities.subspan(row * classes, classes);
    confidence += static_cast<double>(*std::ranges::max_element(p));
  }
  // The log loss of a wrong prediction with the mean confidence (see loss_estimate).
  const double left = 1 - confidence / static_cast<double>(std::max<std::size_t>(1, losses.size()));
  const double of_error = -std::log(
      std::max(left / static_cast<double>(std::max<std::size_t>(2, classes) - 1), kSmallest));
  return loss_estimate(losses, of_error);
}

}  // namespace vitrine::metrics
