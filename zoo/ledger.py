"""The ledger: what the text claims, in its order and in our words, and which verdicts decide each claim.

Of a claim's verdicts, those under ``shown_by`` say what it says; those under ``limited_by`` show where, or
that, it is not so, and ``truth`` says what is. See zoo.claims for what becomes of them.
"""

from zoo.claims import Claim, by

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
            shown_by=(by("derivatives:thrown.1", 0),),
            limited_by=(by("derivatives:journey.1", -3),),
            truth="if it is positive: velocity has a sign, −3 on the way back, and speed is its size",
        ),
        Claim(
            "Acceleration is the second derivative.",
            shown_by=(by("derivatives:thrown.2", -9.81), by("derivatives:journey.2", 0)),
        ),
    ),
    "Rules": (
        Claim(
            "(xⁿ)′ = n xⁿ⁻¹.",
            shown_by=(
                by("derivative_rules:power_rule.at", 12),
                by("derivative_rules:power_rule.autograd"),
                by("derivative_rules:power_rule.difference"),
            ),
        ),
        Claim(
            "eˣ is its own derivative.",
            shown_by=(
                by("derivative_rules:exponential_rule.itself", 1),
                by("derivative_rules:exponential_rule.autograd"),
            ),
        ),
        Claim(
            "(ln x)′ = 1/x.",
            shown_by=(
                by("derivative_rules:logarithm_rule.at", 1 / 1.3),
                by("derivative_rules:logarithm_rule.autograd"),
            ),
        ),
        Claim(
            "A constant factor stays: (5x²)′ = 10x.",
            shown_by=(
                by("derivative_rules:constant_rule.at", 20),
                by("derivative_rules:constant_rule.autograd"),
            ),
        ),
        Claim(
            "The derivative of a sum is the sum of the derivatives: (x² + x³)′ = 2x + 3x².",
            shown_by=(by("derivative_rules:sum_rule.at", 16), by("derivative_rules:sum_rule.autograd")),
        ),
        Claim(
            "(uv)′ = u′v + uv′: of x² · x³ it makes 5x⁴, as the power rule does.",
            shown_by=(
                by("derivative_rules:product_rule.at", 80),
                by("derivative_rules:product_rule.at_once", 80),
                by("derivative_rules:product_rule.autograd"),
            ),
        ),
        Claim(
            "The chain rule: ((x² + 1)³)′ = 6x (x² + 1)².",
            shown_by=(
                by("derivative_rules:chain_rule.at", 24),
                by("derivative_rules:chain_rule.autograd"),
                by("derivatives:cubed_bowl.1", 24),
            ),
        ),
        Claim(
            "How the input of a chain affects its output is a product of how each layer affects the next.",
            shown_by=(
                by("derivative_rules:deep_chain.at", -0.280369, within=5e-7),
                by("derivative_rules:deep_chain.autograd"),
                by("gradients:chain.product", 0),
            ),
            limited_by=(by("gradients:chain.reversed", 2.218443, within=5e-7),),
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
            limited_by=(by("gradients:form.largest", 9), by("gradients:form.sum", 5)),
            truth="if a step is as long as its Euclidean length; by its largest entry, the signs win",
        ),
        Claim(
            "The gradient points uphill in all dimensions.",
            limited_by=(by("gradients:pass.dx", 2), by("gradients:pass.dy", -2)),
            truth="it is uphill as a whole; its entries have either sign",
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
            limited_by=(by("gradient_descent:hill.last"), by("saddle_escape:gradient_descent.steps", 145)),
            truth="if it starts exactly there; a hair's breadth off a maximum or a saddle it leaves",
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
            limited_by=(by("gradients:chain.reversed", 2.218443, within=5e-7),),
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
                by("backpropagation_cost:digits.cost"),
                by("backpropagation_cost:mnist_sized.cost"),
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
                by("backpropagation_cost:digits.cost"),
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
        ),
        Claim(
            "Ten sigmoid layers leave 0.25¹⁰ of the gradient.",
            limited_by=(
                by("vanishing_gradients:sigmoid_10.slopes"),
                by("vanishing_gradients:sigmoid_10.signal"),
            ),
            truth="¼ bounds the slopes alone; weights multiply, too, and with the default ones 2e-8 is left",
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
    "Saddle points": (
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
}
