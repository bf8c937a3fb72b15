"""The ledger: what the text claims, in its order and in our words, and which verdicts decide each claim.

Of a claim's verdicts, those under ``shown_by`` say what it says; those under ``limited_by`` show where, or
that, it is not so, and ``truth`` says what is. See zoo.claims for what becomes of them.
"""

import math

from zoo.claims import Claim, by

# By every rule, at random x, autograd and small steps find the slope that is found by hand.
_EVERYWHERE = (by("derivative_rules:every_rule.autograd", 0), by("derivative_rules:every_rule.steps"))

LEDGER: dict[str, tuple[Claim, ...]] = {
    "Derivatives": (
        Claim(
            "A derivative is the slope of the tangent: x² has the slope 4 at x = 2.",
            shown_by=(by("derivatives:square.1", 4),),
        ),
        Claim(
            "It says by how much y changes: from x = 2 to 2.01, x² grows by 0.04.",
            shown_by=(by("derivatives:square.change", 0.04, within=0.0001),),
            limited_by=(
                by("derivatives:square.error", 0.0001),
                by("derivatives:square.tangent", 2),
                by("derivatives:cubed_bowl.tangent", 2),
            ),
            truth="to first order: x² grows by 0.0401, and the error falls with the square of the step",
        ),
        Claim(
            "Where the derivative is positive, a function rises; where it is negative, it falls.",
            shown_by=(
                by("derivatives:square.behaviour", "rises"),
                by("derivatives:journey.behaviour", "falls"),
            ),
        ),
        Claim(
            "Where the derivative is 0, there is a minimum or a maximum.",
            shown_by=(
                by("derivatives:valley.behaviour", "minimum"),
                by("derivatives:hill.behaviour", "maximum"),
            ),
            limited_by=(by("derivatives:terrace.1", 0), by("derivatives:terrace.behaviour", "inflection")),
            truth="if the first derivative that is not 0 is of even order: x³ is flat at 0 and rises on",
        ),
        Claim(
            "Velocity is the derivative of position, and says how fast one goes.",
            shown_by=(by("derivatives:thrown.1", 0), by("derivatives:journey.behaviour", "falls")),
            limited_by=(by("derivatives:journey.1", -3),),
            truth="if its sign is left out: velocity is −3 on the way back, and the speed 3",
        ),
        Claim(
            "Acceleration is the second derivative.",
            shown_by=(by("derivatives:thrown.2", -9.81), by("derivatives:journey.2", 0)),
        ),
    ),
    "Rules": (
        Claim(
            "(xⁿ)′ = n xⁿ⁻¹.",
            shown_by=(by("derivative_rules:power_rule.at", 12), *_EVERYWHERE),
        ),
        Claim(
            "eˣ is its own derivative.",
            shown_by=(by("derivative_rules:exponential_rule.at", math.exp(1.3)), *_EVERYWHERE),
        ),
        Claim(
            "(ln x)′ = 1/x.",
            shown_by=(by("derivative_rules:logarithm_rule.at", 1 / 1.3), *_EVERYWHERE),
        ),
        Claim(
            "A constant factor stays: (5x²)′ = 10x.",
            shown_by=(by("derivative_rules:constant_rule.at", 20), *_EVERYWHERE),
        ),
        Claim(
            "The derivative of a sum is the sum of the derivatives: (x² + x³)′ = 2x + 3x².",
            shown_by=(by("derivative_rules:sum_rule.at", 16), *_EVERYWHERE),
        ),
        Claim(
            "(uv)′ = u′v + uv′: of x² · x³ it makes 5x⁴, as the power rule does.",
            shown_by=(by("derivative_rules:product_rule.at", 5 * 2**4), *_EVERYWHERE),
        ),
        Claim(
            "The chain rule: ((x² + 1)³)′ = 6x (x² + 1)².",
            shown_by=(
                by("chain_rule:cubed_bowl.at", 24),
                by("chain_rule:cubed_bowl.step"),
                by("derivatives:cubed_bowl.1", 24),
            ),
        ),
        Claim(
            "How the input of a chain affects its output is a product of how each layer affects the next.",
            shown_by=(
                by("chain_rule:four_layers.at", -0.280369, within=5e-7),
                by("chain_rule:four_layers.step"),
                by("vector_chain_rule:two_units.product", 0),
            ),
            limited_by=(
                by("vector_chain_rule:two_units.other", 2.218443, within=5e-7),
                by("vector_chain_rule:narrowing.other", "does not fit"),
            ),
            truth="if the factors keep their order: of layers with many units they are matrices",
        ),
    ),
    "Partial derivatives and the gradient": (
        Claim(
            "A partial derivative treats all other variables as constants: those of x²y + 3xy² are "
            "2xy + 3y² and x² + 6xy.",
            shown_by=(by("gradients:cubic.dx", 39), by("gradients:cubic.dy", 40)),
        ),
        Claim(
            "The loss of one sample, (w₁x + w₂ − y)², has the partial derivatives 2(w₁x + w₂ − y)x and "
            "2(w₁x + w₂ − y).",
            shown_by=(by("gradients:one_sample.dx", -18), by("gradients:one_sample.dy", -6)),
        ),
        Claim(
            "The gradient of x² + xy + y² at (1, 2) is (4, 5).",
            shown_by=(by("gradients:form.dx", 4), by("gradients:form.dy", 5)),
        ),
        Claim(
            "The gradient points where f rises fastest.",
            shown_by=(
                by("gradients:form.angle", 0),
                by("gradients:form.euclidean", 41**0.5),
                by("gradients:form.cosine", 0),
            ),
            limited_by=(by("gradients:form.turned", 6.34019, within=0.25), by("gradients:form.largest", 9)),
            truth="if a step is as long as Euclid says; by its largest entry the signs win, 6° away from it",
        ),
        Claim(
            "The size of its partial derivative says which weight has the biggest impact.",
            shown_by=(by("gradients:one_sample.dx", -18), by("gradients:one_sample.dy", -6)),
            limited_by=(
                by("gradients:counted_in_tenths.dx", -1.8),
                by("gradients:counted_in_tenths.dy", -6),
                by("gradients:counted_in_tenths.height", 9),
            ),
            truth="per unit of that weight: with one in tenths, the same loss of 9 has another order",
        ),
        Claim(
            "The gradient points uphill in all dimensions.",
            shown_by=(by("gradients:pass.alone", 2),),
            limited_by=(by("gradients:pass.dx", 2), by("gradients:pass.dy", -2)),
            truth="if uphill may be to the left: an entry is negative where less of that variable is uphill",
        ),
        Claim(
            "Autograd's gradient of a linear regression is the one that is derived by hand.",
            shown_by=(
                by("linear_regression:best_rate.gradient", 0),
                by("linear_regression:raw_features.gradient", 0),
            ),
        ),
    ),
    "Gradient descent": (
        Claim(
            "The negative gradient leads downhill.",
            shown_by=(
                by("gradient_descent:bowl.first", 0.6),
                by("gradient_descent:from_the_right.first", 4.6),
            ),
        ),
        Claim(
            "On (x − 3)² from 0 with η = 0.1: slope −6, then x = 0.6; next x = 1.08.",
            shown_by=(
                by("gradient_descent:bowl.slope", -6),
                by("gradient_descent:bowl.first", 0.6),
                by("gradient_descent:bowl.second", 1.08),
            ),
        ),
        Claim(
            "After many steps x approaches 3.",
            shown_by=(
                by("gradient_descent:bowl.last", 3, within=1e-6),
                by("gradient_descent:bowl.steps", 67),
            ),
        ),
        Claim(
            "Gradient descent stops where the gradient is 0.",
            shown_by=(by("gradient_descent:at_the_bottom.last", 3),),
            limited_by=(
                by("local_minima:basins.leaves", 37),
                by("saddle_escape:gradient_descent.steps", 145),
            ),
            truth="at a minimum; a hair's breadth off a maximum or a saddle it leaves",
        ),
        Claim(
            "Too large a rate overshoots the minimum, bounces around, or diverges.",
            shown_by=(
                by("learning_rate:overshooting.regime", "alternating"),
                by("learning_rate:at_the_limit.regime", "2-cycle"),
                by("learning_rate:over_the_limit.regime", "diverging"),
                by("learning_rate_limit:too_large.loss"),
            ),
        ),
        Claim(
            "Too small a rate means tiny steps, and very slow convergence.",
            shown_by=(
                by("gradient_descent:bowl.steps", 67),
                by("gradient_descent:tenth_of_the_rate.steps", 739),
                by("learning_rate_limit:too_small.loss"),
                by("linear_regression:small_rate.flattest"),
            ),
        ),
        Claim(
            "Too small a rate might get stuck in a local minimum.",
            shown_by=(by("local_minima:quarter_rate.lowest", 0.55, within=0.005),),
            limited_by=(
                by("local_minima:basins.lowest", 0.55, within=0.001),
                by("sharp_minima:large_rate.left"),
                by("sharp_minima:large_rate.right", 0, within=1e-6),
            ),
            truth="as larger ones do: at four times the rate as many starts, 45 %, end in the wrong valley; "
            "only a rate above 2/f″ cannot be held there",
        ),
        Claim(
            "Always walking downhill is what gradient descent does.",
            shown_by=(
                by("learning_rate:overshooting.fall", 0.09),
                by("learning_rate_limit:right.downhill", 40),
            ),
            limited_by=(
                by("learning_rate:over_the_limit.fall", -0.11),
                by("learning_rate_limit:too_large.downhill"),
            ),
            truth="if η < 2/λ_max; above, steps end higher than they began",
        ),
        Claim(
            "The right rate is often 0.001, 0.01 or 0.1.",
            shown_by=(
                by("learning_rate:small_rate.regime", "monotone"),
                by("learning_rate:tiny_rate.regime", "monotone"),
            ),
            limited_by=(
                by("linear_regression:best_rate.best"),
                by("linear_regression:raw_features.fate", "converges"),
                by("learning_rate:inverse_curvature.regime", "one step"),
            ),
            truth="if the curvature λ suits it, since ηλ is what counts: standardized features take 0.25, "
            "raw ones bear 1e-5",
        ),
        Claim(
            "Repeat until convergence: steps bring the loss down to its minimum.",
            shown_by=(
                by("learning_rate:small_rate.end"),
                by("linear_regression:best_rate.fate", "converges"),
            ),
            limited_by=(
                by("sublinear_convergence:flat_bottom.factor"),
                by("sublinear_convergence:no_bottom.doubling"),
            ),
            truth="if there is a minimum, and by a fixed factor a step if there is a curvature: a separable "
            "sample's loss falls like 1/(ηk) for ever",
        ),
        Claim(
            "A step changes the loss by −η‖∇L‖²: the gradient says how much can be gained.",
            shown_by=(
                by("training_workflow:short_step.kept"),
                by("training_workflow:one_step.kept"),
            ),
            limited_by=(by("training_workflow:giant_step.kept"),),
            truth="if the step is short against the curvature",
        ),
    ),
    "Stochastic gradient descent": (
        Claim(
            "A mini-batch's gradient approximates that of all data.",
            shown_by=(
                by("minibatches:fours.mean", 0),
                by("minibatches:fours_with_replacement.mean", 0),
            ),
            limited_by=(
                by("minibatches:fours.variance"),
                by("minibatches:fours_with_replacement.variance"),
            ),
            truth="on average over batches; a single one is off, the less the larger it is",
        ),
        Claim(
            "It is noisier, but updates are much faster.",
            shown_by=(
                by("stochastic_gradient_descent:full_batch.first_pass", 0.9),
                by("stochastic_gradient_descent:mini_batch.first_pass", 0.9**16),
            ),
            limited_by=(
                by("stochastic_gradient_descent:with_replacement.spread"),
                by("stochastic_gradient_descent:mini_batch.spread"),
                by("stochastic_gradient_descent:half_rate.spread"),
            ),
            truth="if arriving is not asked: with a constant rate weights hover, the closer the smaller η",
        ),
        Claim(
            "Repeating with other batches goes through all of the data, and each sample counts alike.",
            shown_by=(by("minibatches:accumulated.variance", 0),),
            limited_by=(by("minibatches:short_last_batch.variance"),),
            truth="if batches are of one size: a shorter last one counts for more than it holds",
        ),
    ),
    "Backpropagation": (
        Claim(
            "Backpropagation is the chain rule, applied from layer to layer.",
            shown_by=(
                by("backpropagation:by_hand.gradients", 0),
                by("backpropagation:by_hand.weights", 0),
                by("backpropagation:by_hand.decisions", 0),
            ),
        ),
        Claim(
            "Four sigmoids by hand: E = 0.298371109, ∂E/∂w5 = 0.082167041, then w5 = 0.35891648.",
            shown_by=(
                by("backpropagation:mazur_2015.before", 0.298371109),
                by("backpropagation:mazur_2015.slope", 0.082167041),
                by("backpropagation:mazur_2015.w5", 0.35891648),
            ),
        ),
        Claim(
            "∂L/∂h3 is ∂L/∂output times ∂output/∂h3, and so on down to the input.",
            shown_by=(by("backpropagation_cost:with_input_gradient.product", 0),),
            limited_by=(by("vector_chain_rule:two_units.other", 2.218443, within=5e-7),),
            truth="if the factors, which are matrices, stand in the order of the chain",
        ),
        Claim(
            "Gradients have to be computed from the back.",
            shown_by=(by("backpropagation_cost:with_input_gradient.from_input", 51.6, within=0.05),),
            limited_by=(by("backpropagation_cost:with_input_gradient.product", 0),),
            truth="to be cheap: from the front the same product comes out, for 52 times the work",
        ),
        Claim(
            "One backward pass computes the gradients of all parameters.",
            shown_by=(
                by("backpropagation_cost:mnist_sized.backward", 59_899_904),
                by("backpropagation_cost:with_input_gradient.cost", 3),
            ),
            limited_by=(
                by("backpropagation_cost:digits.outputs", 10),
                by("backpropagation_cost:many_outputs.outputs", 16),
            ),
            truth="of one number, such as a loss; C outputs take C backward passes",
        ),
        Claim(
            "Without it, training deep networks would be impractical.",
            shown_by=(
                by("backpropagation_cost:many_outputs.one_by_one", 257),
                by("backpropagation_cost:with_input_gradient.cost", 3),
            ),
        ),
        Claim(
            "The forward pass has already computed what the backward pass needs.",
            shown_by=(
                by("backpropagation_cost:digits.backward", 9_764_864),
                by("backpropagation_cost:wide_and_narrow.backward", 6_656_000),
            ),
        ),
    ),
    "Losses": (
        Claim(
            "The squared error (p − y)² has the slope 2(p − y).",
            shown_by=(by("losses:squared_error.slope", 4),),
            limited_by=(by("losses:mean_squared_error.slope", -1 / 6),),
            truth="for one output: a mean divides it by their number",
        ),
        Claim(
            "Binary cross-entropy has the slope −y/p + (1 − y)/(1 − p).",
            shown_by=(by("losses:probably_true.slope", -1.25), by("losses:probably_false.slope", 5)),
            limited_by=(
                by("rounded_losses:log_of_sigmoid.nan", 1),
                by("rounded_losses:bce_loss.slope"),
                by("rounded_losses:bce_loss_certain.slope", 0),
            ),
            truth="on paper: of a rounded p it comes out as NaN or 0; from logits it is σ(z) − y",
        ),
        Claim(
            "Cross-entropy's derivative differs by class, whether it is the true one.",
            shown_by=(
                by("softmax:digits.slope", 0),
                by("softmax:digits.moved", 0),
                by("training_workflow:training.conserved", 0),
            ),
        ),
        Claim(
            "Squared error is for regression, cross-entropy for classification.",
            shown_by=(
                by("linear_regression:best_rate.fate", "converges"),
                by("losses:squared.factor", 11014.23, within=0.005),
                by("losses:cross_entropy.steps", 11),
                by("losses:squared_nearer.steps", 214),
            ),
        ),
        Claim(
            "Softmax's derivative is a Jacobian matrix: diag(p) − ppᵀ.",
            shown_by=(
                by("softmax:digits.jacobian", 0),
                by("softmax:three_classes.trace", 0.625),
                by("softmax:equal_odds.eigenvalues", 9),
                by("softmax:two_rivals.largest", 0.5),
            ),
        ),
        Claim(
            "Softmax turns outputs into probabilities that add up to 1.",
            shown_by=(by("softmax:three_classes.rows", 0), by("softmax:equal_odds.loss", 2.302585093)),
        ),
        Claim(
            "Softmax makes a network ready for cross-entropy.",
            shown_by=(by("softmax:digits.slope", 0),),
            limited_by=(by("softmax:taken_twice.loss", 1.461150172),),
            truth="if it is taken once, and PyTorch's loss does that: a second one keeps the loss of ten "
            "classes above 1.46",
        ),
    ),
    "Activations": (
        Claim(
            "The sigmoid's slope σ(1 − σ) is at most ¼.",
            shown_by=(by("activations:sigmoid.steepest", 0.25),),
        ),
        Claim(
            "The sigmoid's slope goes to 0 far from 0.",
            shown_by=(by("activations:sigmoid.least", 0),),
        ),
        Claim("The slope of tanh is 1 − tanh², at most 1.", shown_by=(by("activations:tanh.steepest", 1),)),
        Claim(
            "Tanh can make gradients vanish, too.",
            shown_by=(by("activations:tanh.gain", 0.505, within=0.01), by("activations:tanh.least", 0)),
        ),
        Claim(
            "ReLU's slope is 1 for positive values and 0 for others.",
            shown_by=(
                by("activations:relu.steepest", 1),
                by("activations:relu.least", 0),
                by("activations:relu.flat"),
            ),
        ),
    ),
    "Vanishing and exploding gradients": (
        Claim(
            "The chain rule multiplies a factor a layer: gradients fall exponentially with depth.",
            shown_by=(
                by("vanishing_gradients:sigmoid_10.signal"),
                by("vanishing_gradients:sigmoid_20.signal"),
                by("vanishing_gradients:sigmoid_50.signal"),
            ),
            limited_by=(
                by("vanishing_gradients:relu_20_he.signal"),
                by("vanishing_gradients:sigmoid_20_exploding.side", "explodes"),
            ),
            truth="if the factor is below 1: He's ReLU keeps it near 1, and large weights bring it above",
        ),
        Claim(
            "Sigmoid slopes are at most ¼, so that ten layers leave at most 0.25¹⁰ ≈ 0.000001.",
            shown_by=(
                by("vanishing_gradients:sigmoid_10.slopes"),
                by("vanishing_gradients:sigmoid_20.slopes"),
            ),
            limited_by=(by("vanishing_gradients:sigmoid_10.signal"),),
            truth="of the slopes alone; weights multiply, too, and the default ones leave 2e-8",
        ),
        Claim(
            "If the slopes are less than 1, their product makes gradients vanish.",
            shown_by=(by("vanishing_gradients:sigmoid_20.signal"),),
            limited_by=(
                by("vanishing_gradients:sigmoid_20_exploding.slopes"),
                by("vanishing_gradients:sigmoid_20_exploding.side", "explodes"),
            ),
            truth="if weights do not outweigh them: the same sigmoids explode at σ_w = 20",
        ),
        Claim(
            "What has vanished is essentially zero.",
            shown_by=(
                by("vanishing_gradients:sigmoid_30_float32.own_norm", 0),
                by("vanishing_gradients:sigmoid_30_float32.moved", 0),
            ),
            limited_by=(by("vanishing_gradients:sigmoid_30_float32.nonzero", 8192),),
            truth="against the weights it is added to; its entries are numbers other than 0",
        ),
        Claim(
            "The remedy is ReLU, whose slope is 1 for positive values.",
            shown_by=(by("vanishing_gradients:relu_20_he.signal"), by("vanishing_gradients:relu_20_he.loss")),
            limited_by=(
                by("vanishing_gradients:relu_20_default.signal"),
                by("activations:relu.gain"),
                by("activations:tanh.gain"),
            ),
            truth="if weights pay for the half of the units that is off, as He's do; with the default ones "
            "ReLU's gradient falls faster than that of tanh",
        ),
        Claim(
            "Gradients explode where factors exceed 1, and the loss is lost.",
            shown_by=(
                by("gradient_clipping:unclipped.fate", "diverges"),
                by("vanishing_gradients:sigmoid_20_exploding.side", "explodes"),
            ),
        ),
        Claim(
            "Gradient clipping is the remedy for exploding gradients.",
            shown_by=(
                by("gradient_clipping:by_norm.fate", "comes down"),
                by("gradient_clipping:by_norm.longest"),
                by("gradient_clipping:by_norm.moved"),
            ),
            limited_by=(
                by("gradient_clipping:vanishing_loosely_clipped.bits", 0),
                by("gradient_clipping:vanishing_tightly_clipped.fate", "stands still"),
            ),
            truth="it bounds the step, not the cause; where gradients vanish it does nothing",
        ),
        Claim(
            "Clipping limits a gradient's size and leaves it the gradient.",
            shown_by=(by("gradient_clipping:by_norm.angle", 0),),
            limited_by=(by("clipping_angle:two_weights_by_value.angle", 44.43, within=0.005),),
            truth="if it is by norm; by value it turns the gradient, here by 44 degrees",
        ),
    ),
    "Local minima": (
        Claim(
            "Gradient descent converges to a local minimum, which need not be the global one.",
            shown_by=(
                by("local_minima:basins.lowest", 0.55, within=0.001),
                by("stuck_networks:two_units.stuck"),
            ),
        ),
        Claim(
            "The gradient is zero at minima, maxima and saddles alike, so it cannot tell them.",
            shown_by=(
                by("local_minima:basins.kinds", "minimum, maximum, minimum"),
                by("local_minima:on_the_rim.distance"),
                by("loss_landscape:network.slope_at_0", 0, within=1e-7),
            ),
        ),
        Claim(
            "Gradient descent can end at a maximum.",
            shown_by=(by("local_minima:on_the_rim.distance"),),
            limited_by=(by("local_minima:basins.leaves", 37),),
            truth="if it starts exactly there: the nearest of 4000 starts has left it by 0.01 after 37 steps",
        ),
        Claim(
            "Many random starts are a remedy.",
            shown_by=(
                by("local_minima:basins.best_of_3"),
                by("local_minima:basins.best_of_5"),
                by("stuck_networks:two_units.best_of_5"),
            ),
            limited_by=(by("stuck_networks:two_units.best_of_1"), by("stuck_networks:two_units.dead")),
            truth="a chance, not a certainty: 1 − (1 − p)^k of k starts",
        ),
        Claim(
            "Momentum is a remedy for local minima.",
            shown_by=(
                by("shallow_well:momentum.clears", "yes"),
                by("shallow_well:momentum.well", "x = -1.2"),
            ),
            limited_by=(
                by("shallow_well:little_momentum.clears", "no"),
                by("shallow_well:little_momentum.well", "x = 1"),
                by("shallow_well:much_momentum.well", "x = 1"),
            ),
            truth="if it is enough to clear the rim and not enough to come back",
        ),
        Claim(
            "Momentum speeds descent up.",
            shown_by=(
                by("momentum:gradient_descent.steps", 691),
                by("momentum:heavy_ball.steps", 93),
                by("momentum:nesterov.factor", 0.9),
                by("terminal_velocity:heavy_ball.step"),
            ),
            limited_by=(
                by("terminal_velocity:averaged_momentum.step"),
                by("critical_damping:underdamped.factor"),
                by("momentum:limit_nesterov.fate", "shrinks, grows"),
            ),
            truth="if η and β suit the curvatures: too much of it swings, at √β a step",
        ),
    ),
    "Saddle points": (
        Claim(
            "Second derivatives show that a point is a saddle: they have both signs there.",
            shown_by=(
                by("saddles_and_minima:product.lowest", -1),
                by("saddles_and_minima:product.highest", 1),
                by("loss_landscape:network.downhill_at_0", 8),
            ),
            limited_by=(
                by("saddles_and_minima:monkey.largest", 0),
                by("saddles_and_minima:monkey.down", 0.5),
            ),
            truth="if they are not all 0: x³ − 3xy² is a saddle at 0 of which they say nothing",
        ),
        Claim(
            "In high dimensions saddles are more common than minima.",
            shown_by=(
                by("saddles_and_minima:one.share"),
                by("saddles_and_minima:two.share"),
                by("saddles_and_minima:three.share"),
                by("saddles_and_minima:high.share"),
            ),
            limited_by=(by("saddles_and_minima:low.share"), by("loss_landscape:network.down_after")),
            truth="of random matrices, and high up; where the loss is low, few curvatures are negative",
        ),
        Claim(
            "At a saddle the gradient is 0, and it is no minimum.",
            shown_by=(
                by("saddle_escape:on_the_ridge.distance", 0),
                by("saddle_escape:gradient_descent.steps", 145),
            ),
        ),
        Claim(
            "Momentum helps to escape from saddle points.",
            shown_by=(by("saddle_escape:heavy_ball.steps", 52), by("saddle_escape:nesterov.steps", 46)),
            limited_by=(
                by("saddle_escape:averaged_momentum.steps", 219),
                by("saddle_escape:on_the_ridge_heavy_ball.distance", 0),
                by("saddle_escape:gentle_heavy_ball.matched"),
            ),
            truth="if it adds gradients up: averaging is slower than no momentum. No form leaves from the "
            "ridge itself, and small steps gain no more than by being 1/(1 − β) times as long",
        ),
        Claim(
            "Optimizers that adapt escape faster.",
            shown_by=(
                by("saddle_escape:adam.steps", 11),
                by("saddle_escape:adam_a_trillionth_off.steps", 13),
            ),
            limited_by=(by("saddle_escape:on_the_ridge_adam.distance", 0),),
            truth="if they start a little off the ridge",
        ),
        Claim(
            "Noise in the gradient is enough to leave a saddle.",
            shown_by=(
                by("saddle_escape:noise.variance"),
                by("saddle_escape:noise.median"),
                by("saddle_escape:noise.upward"),
            ),
        ),
    ),
    "Automatic differentiation": (
        Claim(
            "The sample z = x² + 2xy + y² has both partial derivatives 10 at (2, 3).",
            shown_by=(
                by("automatic_differentiation:lines.dx", 10),
                by("automatic_differentiation:lines.dy", 10),
            ),
        ),
        Claim(
            "Symbolic derivatives are exact, but can be complex.",
            shown_by=(
                by("automatic_differentiation:exp.exact", 0),
                by("differentiation_cost:sines.symbolic", 21),
                by("differentiation_cost:product.symbolic", 48),
                by("differentiation_cost:sines.graph", 7),
            ),
        ),
        Claim(
            "Numerical differentiation is slow.",
            shown_by=(
                by("differentiation_cost:neuron.forward_difference", 51),
                by("differentiation_cost:neuron.reverse_mode", 2),
            ),
        ),
        Claim(
            "Numerical differentiation is imprecise.",
            shown_by=(
                by("automatic_differentiation:exp.forward_error"),
                by("automatic_differentiation:exp.forward_rounding"),
            ),
            limited_by=(
                by("automatic_differentiation:exp.central_error"),
                by("automatic_differentiation:exp.exact", 0),
            ),
            truth="if it is one-sided: central differences have ten digits, an imaginary step all",
        ),
        Claim(
            "Automatic differentiation is exact, within floating-point precision.",
            shown_by=(
                by("automatic_differentiation:exp.exact", 0),
                by("automatic_differentiation:exp_float32.exact", 0),
                by("differentiation_cost:neuron.error", 0),
            ),
            limited_by=(
                by("kinks:identity.answer", 0),
                by("kinks:root.nan", 1),
            ),
            truth="of the program, on the branch that it takes: at a kink it may answer 0 for 1, or NaN",
        ),
        Claim(
            "Automatic differentiation is efficient.",
            shown_by=(by("differentiation_cost:neuron.reverse_mode", 2),),
            limited_by=(by("differentiation_cost:neuron.forward_mode", 50),),
            truth="for many inputs and one output in reverse mode; forward mode takes a run for every input",
        ),
        Claim(
            "At 0 the derivative of max(x, 0) is 0.",
            limited_by=(
                by("kinks:relu.answer", 0),
                by("kinks:maximum.answer", 0.5),
                by("kinks:where.answer", 1),
                by("kinks:relu.left", 0),
                by("kinks:relu.right", 1),
            ),
            truth="there is none: any number from 0 to 1 will do, and three spellings give 0, ½ and 1",
        ),
    ),
    "The workflow, and the landscape": (
        Claim(
            "Calculus acts in the backward pass and in the update: w ← w − η ∂L/∂w.",
            shown_by=(
                by("training_workflow:one_step.update", 0),
                by("training_workflow:short_step.update", 0),
            ),
        ),
        Claim(
            "Calculus is what makes a network learn.",
            shown_by=(
                by("training_workflow:training.accuracy"),
                by("training_workflow:random_labels.fitted"),
            ),
            limited_by=(by("training_workflow:random_labels.accuracy"),),
            truth="what it has been shown: of random labels it learns all, and knows nothing of new samples",
        ),
        Claim(
            "The loss is a landscape of heights and slopes.",
            shown_by=(by("loss_landscape:network.power"),),
            limited_by=(
                by("loss_landscape:network.copy", 0),
                by("loss_landscape:network.ridge"),
                by("loss_landscape:network.between"),
            ),
            truth="without one deepest valley: units that change places make equal ones, with ridges between",
        ),
        Claim(
            "Walking downhill is walking towards the minimum.",
            limited_by=(by("loss_landscape:bowl.angle"), by("loss_landscape:network.angle")),
            truth="where curvatures differ, the steepest way leads up to 90 degrees away from it",
        ),
        Claim(
            "Training eventually reaches a minimum.",
            shown_by=(by("loss_landscape:network.down_after"),),
            limited_by=(
                by("loss_landscape:network.flat_after"),
                by("sublinear_convergence:no_bottom.doubling"),
            ),
            truth="no way down is left; most directions are flat, and a loss may have no minimum",
        ),
    ),
}
